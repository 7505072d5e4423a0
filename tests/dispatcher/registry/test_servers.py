"""Which server does what, as site.toml says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Server, Site
from dispatcher.registry.site_toml import load
from dispatcher.registry.tls import secured, told_apart

START = """\
name = "yard"
domain = "example.org"
[apps.portal]
app = "a:b"
path = "/"
"""
EDGE = """
[servers.edge1]
host = "edge1.example.org"
role = "edge"
address = "10.0.0.1"
"""
WEBS = """
[servers.web1]
host = "web1"
address = "10.0.0.5"

[servers.web2]
host = "web2"
role = "web"
address = "fd00::6"
"""


def site(tmp_path: Path, text: str) -> Site:
    path = tmp_path / "site.toml"
    path.write_text(START + text)
    return load(path)


def test_a_server_runs_apps_unless_it_is_an_edge(tmp_path: Path) -> None:
    found = site(tmp_path, EDGE + WEBS)

    edge = Server("edge1", "edge1.example.org", role="edge", address="10.0.0.1")
    assert found.edges == (edge,)
    assert [(one.name, one.address) for one in found.webs] == [
        ("web1", "10.0.0.5"),
        ("web2", "fd00::6"),
    ]


def test_a_site_is_another_one_as_each_of_its_servers_has_it(tmp_path: Path) -> None:
    found = site(tmp_path, EDGE + WEBS)

    assert found.on("edge1").is_edge
    assert found.on("edge1").behind == ()
    assert not found.on("web1").is_edge
    assert found.on("web1").behind == found.edges
    with pytest.raises(LookupError, match="there is no server 'web3'; there are edge1, web1, web2"):
        found.on("web3")


def test_the_edge_alone_has_certificates_and_may_ask_for_them(tmp_path: Path) -> None:
    found = site(tmp_path, f'{EDGE}{WEBS}[tls]\nemail = "ada@example.org"\n')

    assert secured(found.on("edge1")) == ("example.org",)
    assert secured(found.on("web1")) == ()


def test_servers_that_the_names_lead_to_know_each_other_and_no_other_does(tmp_path: Path) -> None:
    two = f"{EDGE}{EDGE.replace('edge1', 'edge2').replace('.1', '.2')}{WEBS}"
    mail = '[tls]\nemail = "ada@example.org"\n'
    edges, webs, one = (site(tmp_path, text + mail) for text in (two, WEBS, EDGE + WEBS))

    def peers(found: Site, name: str) -> list[str]:
        return [peer.name for peer in found.on(name).peers]

    assert (peers(edges, "edge1"), peers(edges, "edge2")) == (["edge2"], ["edge1"])
    assert peers(webs, "web1") == ["web2"]
    assert peers(edges, "web1") == peers(one, "edge1") == []
    assert webs.peers == (), "where it is looked at from nowhere"
    assert [told_apart(found) for found in (edges, webs, one)] == [True, True, True]


@pytest.mark.parametrize("tls", ["", "[tls]\nelsewhere = true\n"])
def test_servers_without_certificates_to_ask_for_need_not_know_each_other(
    tmp_path: Path, tls: str
) -> None:
    found = site(tmp_path, WEBS.replace("address", "# address") + tls)

    assert not told_apart(found)


def test_a_database_of_one_web_server_behind_an_edge_is_no_riddle(tmp_path: Path) -> None:
    one = WEBS.partition("[servers.web2]")[0]
    found = site(tmp_path, f'{EDGE}{one}[apps.wiki]\napp = "a:c"\npath = "/wiki"\nmigrate = "up"\n')

    assert found.app("wiki").migrate_on == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (EDGE, "servers: has no server that runs the apps, only edge1 of the role 'edge'"),
        (
            EDGE + WEBS.replace('address = "10.0.0.5"', ""),
            "servers.web1.address: is missing: with edge1 as an edge, servers know each other",
        ),
        (
            EDGE + WEBS.replace("10.0.0.5", "10.0.0.1"),
            "servers.web1.address: is the address of the server 'edge1' already",
        ),
        (WEBS.replace("10.0.0.5", "10.0.0.5:80"), "servers.web1.address: is no address of IP"),
        (WEBS.replace("10.0.0.5", "web1"), "servers.web1.address: is no address of IP"),
        (WEBS.replace("10.0.0.5", "127.0.0.1"), "servers.web1.address: leads nowhere"),
        (WEBS.replace("fd00::6", "fe80::6%eth0; evil"), "servers.web2.address: leads nowhere"),
        (WEBS.replace('"web"', '"both"'), "servers.web2.role: must be 'web' or 'edge'"),
        (
            f'{WEBS.replace("fd00::6", "10.0.0.5")}[tls]\nemail = "ada@example.org"\n',
            "servers.web2.address: is the address of the server 'web1' already",
        ),
        (
            f'{WEBS.replace("address", "# address")}[tls]\nemail = "ada@example.org"\n',
            "servers.web1.address: is missing: an authority may ask any of web1, web2, and they "
            "each other (tls.email); write one like '10.0.0.5'",
        ),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RegistryError) as error:
        site(tmp_path, text)

    place, _, message = told.partition(": ")
    assert place in str(error.value)
    assert message in str(error.value)
