"""A host name of one server belongs to one site, whatever another's site.toml says."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.onhost.claims import covers


def server(*names: str) -> str:
    return f"server {{\n    listen 80;\n    server_name {' '.join(names)};\n}}\n"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    for folder in ("conf.d", "sites-enabled"):
        (tmp_path / folder).mkdir()
    (tmp_path / "conf.d" / "bank.conf").write_text(
        server("bank.example", "*.clients.bank.example") + server("_")
    )
    (tmp_path / "sites-enabled" / "by-hand").write_text(
        "server{server_name .old.example\n\t'shop.*'; # server_name not.example;\n}"
    )
    return tmp_path


def claim(web: Path, *names: str) -> Outcome:
    new = web / "nginx.conf"
    new.write_text(server(*names))
    given = {
        "file": str(new),
        "own": str(web / "conf.d" / "yard.conf"),
        "others": [str(web / "conf.d"), str(web / "sites-enabled")],
    }
    return perform(Script.of("claims", given), Here())


@pytest.mark.parametrize(
    "name",
    [
        "bank.example",
        "ada.clients.bank.example",
        "*.clients.bank.example",
        "*.ada.clients.bank.example",
        "old.example",
        "www.old.example",
        "*.old.example",
        "shop.net",
    ],
)
def test_a_name_that_another_file_answers_for_is_refused(web: Path, name: str) -> None:
    outcome = claim(web, "yard.example", name)

    assert outcome.exit_code == 1
    assert outcome.err.startswith(f"{name} is answered by {web}/")
    assert "belongs to one site" in outcome.err


@pytest.mark.parametrize(
    "name",
    ["www.bank.example", "*.bank.example", "clients.bank.example", "older.example", "not.example"],
)
def test_a_name_beside_those_of_others_is_free(web: Path, name: str) -> None:
    assert claim(web, "yard.example", name) == Outcome(0, "", "")


def test_what_the_site_answers_for_already_stays_its_own(web: Path) -> None:
    (web / "conf.d" / "yard.conf").write_text(server("ada.clients.bank.example"))

    assert claim(web, "ada.clients.bank.example").exit_code == 0
    assert claim(web, "eve.clients.bank.example").exit_code == 1


def test_a_wildcard_takes_nothing_from_longer_ones() -> None:
    assert not covers("*.a.example", "*.example")
    assert covers("*.example", "*.a.example")


SPOKEN = """\
server {
    listen 80 proxy_protocol;
    listen 127.0.0.1:80;
    server_name a.example;
}
"""


def spoken_to(web: Path, new: str) -> Outcome:
    (web / "nginx.conf").write_text(new)
    others = [str(web / "conf.d"), str(web / "sites-enabled")]
    given = {
        "file": str(web / "nginx.conf"),
        "own": str(web / "conf.d/yard.conf"),
        "others": others,
    }
    return perform(Script.of("claims", given), Here())


def test_one_port_is_not_spoken_to_in_two_ways(web: Path) -> None:
    bank = web / "conf.d" / "bank.conf"

    assert spoken_to(web, SPOKEN).err == (
        f"on port 80 this site speaks the PROXY protocol, and {bank} does not: "
        "all sites of one server have nginx.proxy_protocol, or none\n"
    )
    bank.write_text(SPOKEN.replace("a.example", "bank.example") + server("more.bank.example"))
    assert f"on port 80 {bank} speaks" in spoken_to(web, server("b.example")).err


def test_all_sites_of_a_server_may_be_spoken_to_in_one_way(web: Path) -> None:
    (web / "conf.d" / "00-flaskyard.conf").write_text(server("_"))
    (web / "conf.d" / "yard.conf").write_text(server("a.example"))
    (web / "conf.d" / "bank.conf").write_text(
        SPOKEN.replace("a.example", "bank.example").replace("listen 80", "listen [::]:80")
        + "server { listen 8080; server_name c.example; }"
    )

    assert spoken_to(web, SPOKEN) == Outcome(0, "", "")
    (web / "sites-enabled" / "local").write_text("server { listen 127.0.0.1:80; }")
    assert spoken_to(web, SPOKEN) == Outcome(0, "", "")
