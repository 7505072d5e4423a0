from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.routing import BaseConverter, Map, Rule

from dispatcher.links.endpoints import LinkError, built, exported, imported


class ListConverter(BaseConverter):
    def to_url(self, value: Any) -> str:
        return "+".join(value)


RULES = Map(
    [
        Rule("/", endpoint="pages.index"),
        Rule("/people/<int:id>", endpoint="pages.profile"),
        Rule("/people/<int:id>/<any('a', 'b'):part>", endpoint="pages.profile"),
        Rule("/files/<path:path>", endpoint="file"),
        Rule("/page", endpoint="page", defaults={"number": 1}),
        Rule("/page/<int:number>", endpoint="page"),
        Rule("/tags/<list:tags>", endpoint="tags"),
    ],
    converters={"list": ListConverter},
)
TOLD = imported(json.loads(json.dumps(exported(RULES))))
BASE = ("https", "members.example.org:8443", "/m")


def link(rules: Map, endpoint: str, **values: Any) -> str:
    return built("members", rules, endpoint, values, base=BASE)


@pytest.mark.parametrize("rules", [RULES, TOLD], ids=["of this process", "told by another"])
@pytest.mark.parametrize(
    ("endpoint", "values", "path"),
    [
        ("pages.index", {}, "/"),
        ("pages.index", {"q": "a b", "none": None}, "/?q=a+b"),
        ("pages.profile", {"id": 3}, "/people/3"),
        ("pages.profile", {"id": 3, "part": "b", "x": 1}, "/people/3/b?x=1"),
        ("file", {"path": "a/b é?"}, "/files/a/b%20%C3%A9%3F"),
        ("page", {"number": 1}, "/page"),
        ("page", {"number": 2}, "/page/2"),
    ],
)
def test_an_endpoint_has_its_address_below_the_mount(
    rules: Map, endpoint: str, values: dict[str, Any], path: str
) -> None:
    assert link(rules, endpoint, **values) == f"https://members.example.org:8443/m{path}"


@pytest.mark.parametrize("rules", [RULES, TOLD], ids=["of this process", "told by another"])
@pytest.mark.parametrize(
    ("endpoint", "values", "fault"),
    [
        ("pages.profil", {}, "it has no endpoint 'pages.profil'; did you mean 'pages.profile'?"),
        ("profile", {}, "it has no endpoint 'profile'; did you mean 'pages.profile'?"),
        (
            "xyz",
            {},
            "it has no endpoint 'xyz'; there are file, page, pages.index, pages.profile, tags",
        ),
        ("pages.profile", {}, "endpoint 'pages.profile' needs a value for id"),
        ("pages.profile", {"id": None}, "endpoint 'pages.profile' needs a value for id"),
        (
            "pages.profile",
            {"id": "x"},
            "endpoint 'pages.profile' with {'id': 'x'}: invalid literal",
        ),
        ("pages.profile", {"id": 1, "part": "c"}, "'c' is not one of 'a', 'b'"),
    ],
)
def test_a_link_that_cannot_be_is_refused_with_what_would_be_right(
    rules: Map, endpoint: str, values: dict[str, Any], fault: str
) -> None:
    with pytest.raises(LinkError) as raised:
        link(rules, endpoint, **values)
    assert str(raised.value).startswith("site_url('members'): ")
    assert fault in str(raised.value)


def test_a_converter_of_the_apps_own_is_used_here_and_refused_from_elsewhere() -> None:
    assert link(RULES, "tags", tags=["a", "b"]).endswith("/m/tags/a+b")
    with pytest.raises(LinkError, match="a converter of that app's own"):
        link(TOLD, "tags", tags=["a", "b"])
