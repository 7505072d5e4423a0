from __future__ import annotations

import pytest

from dispatcher.registry.placeholders import filled, used

VALUES = {
    "prefix": lambda: "/wiki",
    "host": lambda: "example.org",
    "url": lambda: "https://example.org/wiki",
}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param("{prefix}/x", "/wiki/x", id="at the start"),
        pytest.param("a{host}b{host}", "aexample.orgbexample.org", id="twice"),
        pytest.param("{{host}}", "{host}", id="doubled braces"),
        pytest.param("{{{host}}}", "{example.org}", id="braces around one"),
        pytest.param({"{host}": ["{url}", {"a": "{prefix}"}]}, {
            "{host}": ["https://example.org/wiki", {"a": "/wiki"}]
        }, id="deep, but not in keys"),
        pytest.param(7, 7, id="number"),
        pytest.param(None, None, id="nothing"),
    ],
)  # fmt: skip
def test_every_string_is_filled_and_the_rest_is_left(value: object, told: object) -> None:
    assert filled(value, VALUES) == told


def test_what_is_not_used_is_not_asked_for() -> None:
    def never() -> str:
        raise AssertionError

    assert filled("{host}", {**VALUES, "state": never}) == "example.org"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{urll}",
            "has {urll}, which stands for nothing; did you mean {url}? there are {prefix}, {host}, "
            "{url}, {state}, {secret}, {secret:NAME}; {{ is a brace",
        ),
        ("{}", "has {}, which stands for nothing; there are"),
        ("{host!r}", "has {host!r}, which stands for nothing"),
        ("{host:>9}", "has {host:>9}, which stands for nothing"),
        ("{host.upper}", "has {host.upper}, which stands for nothing"),
        ("50 {", "has a brace without its other; write {{ or }} for a brace"),
        ("}", "has a brace without its other; write {{ or }} for a brace"),
    ],
)
def test_what_is_no_placeholder_is_told_with_those_there_are(text: str, told: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is what counts
        used({"deep": [text]})
    assert str(raised.value).startswith(told)
