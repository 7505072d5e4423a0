import pytest

from dispatcher.registry.address import fault_of_host, fault_of_path, in_ascii


@pytest.mark.parametrize("name", ["bücher.example", "bücher"])
def test_a_name_in_any_script_becomes_one_in_ascii(name: str) -> None:
    assert fault_of_host(in_ascii(name)) is None


@pytest.mark.parametrize("name", ["❤.ws", "a b", "é..org", "Example.org", "a_b.é.org"])
def test_what_cannot_be_a_host_stays_as_it_is_written(name: str) -> None:
    assert in_ascii(name) == name
    assert fault_of_host(name) is not None


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
