"""A Django project made as docs/foreign-apps.md says, line by line."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.foreign.conftest import PYTHON, run
from tests.foreign.visitor import Links, visitor
from tests.integration.served import ROOT, served

pytestmark = pytest.mark.foreign

PAGE = (ROOT / "docs" / "foreign-apps.md").read_text()
SECTION = PAGE.partition("## A Django project")[2].partition("\n## ")[0]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)


@pytest.mark.usefixtures("environment_of_apps")
def test_a_django_project_made_as_the_page_says_is_served(tmp_path: Path) -> None:
    start, *rest = "".join(blocks("sh")).splitlines()
    (tmp_path / "site.toml").write_text(
        "\n".join(['name = "yard"\ndomain = "example.org"', *blocks("toml")])
    )
    run(tmp_path, *shlex.split(start))
    for block in blocks("python"):
        (name,) = re.findall(r"^# at the end of ([\w./]+)", block)
        with (tmp_path / name).open("a") as file:
            file.write(block)
    assert rest.pop() == "dispatcher run"
    for command in rest:
        words = shlex.split(command)
        named = dict(word.split("=", 1) for word in words if re.match("[A-Z_]+=", word))
        told = run(tmp_path, *words[len(named) :], **named)
        if words[0] == "dispatcher":
            assert told.startswith("ok     shop: shop.wsgi:application\n")

    with served(tmp_path, python=str(PYTHON)) as site:
        mount = f"http://shop.localhost:{site.port}"
        assert mount in site.told
        with visitor(mount) as client:
            page = client.get("/admin/")
            assert (page.status_code, "Log in" in page.text) == (200, True)
            for link in Links(page).found:
                assert client.get(link).status_code == 200, link
