import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.address import fault_of_path, host_of, is_host


@pytest.mark.parametrize(
    ("header", "host"),
    [
        pytest.param("example.org", "example.org", id="as it is"),
        pytest.param("EXAMPLE.org:8080", "example.org", id="case and port"),
        pytest.param("example.org.", "example.org", id="trailing dot"),
        pytest.param("example.org.:80", "example.org", id="trailing dot and port"),
        pytest.param("example.org:", "example.org", id="empty port (RFC 3986, 3.2.3)"),
        pytest.param("127.0.0.1:8000", "127.0.0.1", id="IPv4"),
        pytest.param("[::1]", "[::1]", id="IPv6"),
        pytest.param("[::1]:8000", "[::1]", id="IPv6 and port"),
    ],
)
def test_spellings_of_one_host_are_one_host(header: str, host: str) -> None:
    assert host_of(header) == host


@pytest.mark.parametrize(
    "header",
    [
        "",
        ".",
        "a..b",
        "a b",
        "a/b",
        "a@b",
        "-a.org",
        "a_b.org",
        "a:b",
        "a:80:90",
        "[::1",
        "::1]",
        "é",
    ],
)
def test_what_is_no_host_name_names_no_host(header: str) -> None:
    assert host_of(header) is None


@given(st.text())
def test_any_header_gives_a_normal_host_or_none(header: str) -> None:
    host = host_of(header)
    assert host is None or host_of(host) == host


@given(st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,3}", fullmatch=True))
def test_a_normal_host_stays_itself(host: str) -> None:
    assert is_host(host)
    assert host_of(host) == host


@pytest.mark.parametrize("path", ["/", "/a", "/a/b", "/a-b_c.d~e", "/A1"])
def test_a_path_that_requests_can_match_is_accepted(path: str) -> None:
    assert fault_of_path(path) is None


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("", "'/'"),
        ("a", "'/a'"),
        ("/a/", "'/a'"),
        ("//a", "resolve ''"),
        ("/a//b", "resolve ''"),
        ("/a/../b", "resolve '..'"),
        ("/./a", "resolve '.'"),
        ("/a%2Fb", "'a%2Fb' may hold"),
        ("/a b", "'a b' may hold"),
        ("/é", "'é' may hold"),
    ],
)
def test_a_path_that_can_never_match_is_refused_with_what_would_be_right(
    path: str, right: str
) -> None:
    fault = fault_of_path(path)
    assert fault is not None
    assert "can never match" in fault
    assert right in fault
