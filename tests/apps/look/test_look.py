import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, abort, render_template

import apps.look
from apps.look import init_look
from tests.apps.html import Page
from tests.apps.mounting import mount

STATIC = Path(apps.look.__file__).parent / "static"


@pytest.fixture
def app() -> Flask:
    app = Flask("tests.apps.look")
    init_look(
        app, home="home", nav={"home": "Start", "boats": "Boats & <oars>"}, section="Chandlery"
    )

    @app.get("/")
    def home() -> str:
        return render_template("look/error.html", error=Error)

    @app.get("/boats")
    def boats() -> str:
        abort(400, "The boat <b>'Joan'</b> is not ours.")

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret")

    return app


class Error:
    code, name, description = 404, "Not Found", "Gone."


def test_a_page_is_sound(app: Flask) -> None:
    page = Page.of(app.test_client().get("/").text)

    assert page.faults == []


def test_labels_and_messages_are_escaped(app: Flask) -> None:
    html = app.test_client().get("/boats").text

    assert "Boats &amp; &lt;oars&gt;" in html
    assert "&lt;b&gt;&#39;Joan&#39;&lt;/b&gt;" in html


def test_navigation_marks_the_page_one_is_on(app: Flask) -> None:
    html = app.test_client().get("/").text

    assert re.findall(r'<a href="([^"]*)" aria-current="page">', html) == ["/"]


def test_navigation_stays_below_the_mount(app: Flask) -> None:
    client = mount(app, "/a", "/b/c")

    for prefix in ("/a", "/b/c"):
        links = Page.of(client.get(f"{prefix}/").text).links
        inside = [link for link in links if not link.startswith(("#", "mailto:"))]
        assert all(link.startswith(f"{prefix}/") for link in inside)
        assert len(inside) == 8


def test_style_and_icon_are_served_below_the_mount(app: Flask) -> None:
    client = mount(app, "/a")

    assert client.get("/a/look/look.css", buffered=True).mimetype == "text/css"
    assert client.get("/a/look/favicon.svg", buffered=True).mimetype == "image/svg+xml"


def test_an_error_keeps_its_status_and_headers(app: Flask) -> None:
    answer = app.test_client().post("/boats")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert Page.of(answer.text).faults == []


def test_what_an_app_raised_is_not_shown(app: Flask) -> None:
    answer = app.test_client().get("/broken")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Something broke on our side" in answer.text


def test_nothing_comes_from_another_site() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text
        assert "@import" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "ground"),
        ("ink", "raised"),
        ("ink", "sunken"),
        ("quiet", "ground"),
        ("quiet", "raised"),
        ("link", "ground"),
        ("link", "sunken"),
        ("accent", "ground"),
        ("accent", "raised"),
        ("accent-ink", "accent"),
        ("water-ink", "water"),
        ("good", "good-ground"),
        ("bad", "bad-ground"),
        ("bad", "ground"),
        ("unknown", "ground"),
    ],
)
def test_text_can_be_read_on_its_ground(scheme: str, text: str, ground: str) -> None:
    colours = dict(tokens(scheme))

    assert contrast(colours[text], colours[ground]) >= 4.5


def tokens(scheme: str) -> Iterator[tuple[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", (STATIC / "look.css").read_text(), re.S)
    yield from re.findall(r"--([\w-]+): (#\w{6});", light if scheme == "light" else dark)


def contrast(one: str, other: str) -> float:
    """Return the ratio that WCAG 2.2 defines, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
