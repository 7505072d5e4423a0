import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.registry.hosts import ascii_host, host_and_port, host_of, is_host


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
        pytest.param("[0:0:0:0:0:0:0:1]", "[::1]", id="IPv6 at length"),
        pytest.param("[2001:DB8::A]", "[2001:db8::a]", id="IPv6 in upper case"),
        pytest.param("b\xc3\xbccher.example:80", "xn--bcher-kva.example", id="UTF-8"),
        pytest.param("B\xc3\x9cCHER.example.", "xn--bcher-kva.example", id="UTF-8, upper case"),
        pytest.param("XN--BCHER-KVA.example", "xn--bcher-kva.example", id="xn--"),
        pytest.param("xn--i-7iq.ws", "xn--i-7iq.ws", id="xn-- of no letter"),
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
        "\xe9",
        "\xc3\xa9" * 300,
        "\xe2\x9d\xa4.ws",
        "xn--bcher-.example",
        "[]",
        "[::1]x",
        "[::1%eth0]",
        "[v1.a]",
        "[::1]:x",
        "example.org:99999",
        "example.org:8\xb2",
        "user@example.org",
        "example.org#",
        "a\0",
        "a\n",
        "\u0101.example",
    ],
)
def test_what_is_no_host_name_names_no_host(header: str) -> None:
    assert host_of(header) is None


@given(st.text())
def test_any_header_gives_a_normal_host_or_none(header: str) -> None:
    host = host_of(header)
    assert host is None or host_of(host) == host


@given(st.text(max_size=20).map(lambda text: text.encode().decode("latin-1")))
def test_any_header_in_utf_8_gives_an_ascii_host_that_stays_itself_or_none(header: str) -> None:
    read = host_and_port(header)
    assert read is None or ("".join(read).isascii() and host_and_port("".join(read)) == read)


@given(st.text(max_size=20))
def test_a_name_of_any_script_gives_a_host_or_none(name: str) -> None:
    host = ascii_host(name)
    assert host is None or (is_host(host) and ascii_host(host) == host)


@given(st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,3}", fullmatch=True))
def test_a_normal_host_stays_itself(host: str) -> None:
    assert is_host(host)
    assert host_of(host) == host
