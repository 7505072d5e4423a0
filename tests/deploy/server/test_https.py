"""What https needs on a server is laid by bootstrap, and chosen by what is found there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deploy.acting.steps import Put
from deploy.errors import PlanError
from deploy.server import https, render
from deploy.server.look import NginxFound, State
from deploy.stages import ground, plans
from dispatcher.registry.address import Address
from dispatcher.registry.site import Server, Site
from dispatcher.registry.tls import Own, Tls
from tests.deploy.sample import AT, BARE, BUILT, BUNDLE, SITE, STAMP, A, ready, serving

TLS = Tls("ada@example.org")
SECURE = replace(SITE, tls=TLS)
OWN = replace(SITE, tls=Tls(certificates={"example.org": Own("/etc/a.pem", "/etc/a.key")}))
LINK = {https.timer_link(AT): "/etc/systemd/system/flaskyard-tls@.timer"}


def notes(site: Site, found: State) -> list[str]:
    return [step.note for step in ground.lay(AT, site, BUILT, found, "deploy")]


def secured(site: Site = SECURE, state: State | None = None) -> State:
    """Return a server on which bootstrap has been, for a site with https."""
    state = state or ready(site)
    return state.model_copy(
        update={
            "packages": ground.asked(AT, site)["packages"],
            "certificates": ("example.org.pem", "wanted.json"),
            "files": {
                **state.files,
                **https.nginx_files(site, BARE),
                AT.wanted: https.wanted(site),
            },
            "users": (*state.users, *https.users(site)),
            "links": {**state.links, **LINK},
            "units": {**state.units, AT.tls_timer: {"ActiveState": "active"}},
        }
    )


def test_a_site_with_http_alone_gets_nothing_of_it() -> None:
    told = notes(SITE, BARE)

    assert not [note for note in told if "https" in note or "certificates" in note]
    assert not https.lacks(AT, SITE, ready())


def test_bootstrap_brings_https_in_one_run() -> None:
    told = notes(SECURE, BARE)

    assert [
        note.endswith(", openssl, certbot") for note in told if "install logrotate, nginx" in note
    ] == [True]
    assert "make the user flaskyard-acme" in told
    assert told.index("make a placeholder for example.org") < told.index("see to the certificates")
    assert told.index("make the user flaskyard-acme") < told.index(f"make {https.WEBROOT}")


def test_of_several_servers_none_asks_before_all_have_a_release_and_answer_for_each_other() -> None:
    own = Own("/etc/a.pem", "/etc/a.key")
    servers = tuple(Server(name, name, address=f"10.0.0.{n}") for n, name in enumerate("ab", 1))
    apps = (replace(SITE.apps[0], addresses=(Address("wiki.example.org"),)),)
    site = replace(
        SITE, apps=apps, servers=servers, tls=replace(TLS, certificates={"example.org": own})
    )

    def hosts(there: Site) -> list[object]:
        (told,) = (
            step.do.content
            for step in ground.lay(AT, there, BUILT, BARE, "deploy")
            if isinstance(step.do, Put) and step.do.path == AT.wanted
        )
        return [*json.loads(told)["hosts"]]

    assert hosts(site.on("a")) == ["example.org"]
    assert hosts(replace(site, servers=servers[:1]).on("a")) == ["example.org", "wiki.example.org"]
    assert [*json.loads(https.wanted(site.on("a")))["hosts"]] == ["example.org", "wiki.example.org"]


def test_a_second_bootstrap_changes_nothing() -> None:
    assert notes(SECURE, secured()) == []


def test_who_has_own_certificates_needs_no_certbot() -> None:
    told = notes(OWN, BARE)

    assert [note.endswith(", openssl") for note in told if "install logrotate, nginx" in note] == [
        True
    ]
    assert not [note for note in told if "acme" in note and "conf" not in note]


@pytest.mark.parametrize(
    ("os", "nginx", "http2", "groups"),
    [
        ("12", None, "listen 443 ssl http2 default_server", "X25519:"),
        ("13", None, "listen 443 ssl default_server", "X25519MLKEM768:X25519:"),
        ("12", ("1.22.1", "3.0.17"), "listen 443 ssl http2 default_server", "X25519:"),
        ("12", ("1.26.3", "3.0.17"), "listen 443 ssl default_server", "X25519:"),
        ("12", ("1.30.1", "3.5.4"), "listen 443 ssl default_server", "X25519MLKEM768:X25519:"),
    ],
)
def test_what_depends_on_a_version_is_chosen_by_the_one_found(
    os: str, nginx: tuple[str, str] | None, http2: str, groups: str
) -> None:
    there = NginxFound(version=nginx[0], openssl=nginx[1]) if nginx else None
    found = BARE.model_copy(update={"os": {**BARE.os, "VERSION_ID": os}, "nginx": there})

    files = https.nginx_files(SECURE, found)

    assert http2 in files[https.DEFAULT]
    assert f"ssl_ecdh_curve {groups}prime256v1" in files[https.HTTPS].replace(
        "X25519:prime", "X25519:prime"
    )
    assert ("http2 on;" in files[https.HTTPS]) is ("http2" not in http2)


def test_a_new_host_has_a_placeholder_before_nginx_is_told_of_it() -> None:
    site = replace(SECURE, domain="new.example.org")
    found = secured(state=serving(A))

    plan = plans.deploy(AT, site, BUNDLE, found, STAMP)

    told = [step.note for step in plan.prepare]
    assert "make a placeholder for new.example.org" in told
    made = next(step for step in plan.prepare if step.note.startswith("make a placeholder"))
    assert made.undo is not None
    assert str(made.undo) == f"rm -f {AT.certificate('new.example.org')}"


def test_a_release_says_which_certificates_it_wants_and_they_are_asked_for_once_it_holds() -> None:
    plan = plans.deploy(AT, SECURE, BUNDLE, secured(state=serving(A)), STAMP)

    (told,) = (
        step.do.content
        for step in plan.prepare
        if isinstance(step.do, Put) and step.do.path.endswith("/tls.json")
    )
    assert json.loads(told)["hosts"] == {"example.org": None}
    assert [step.note for step in plan.tidy][-3:-1] == [
        "let it ask at once",
        "see to the certificates",
    ]


def test_going_back_makes_sure_of_the_files_that_nginx_will_be_told_of() -> None:
    then = A.model_copy(update={"tls": ("old.example.org",)})

    plan = plans.rollback(AT, serving(A.model_copy(update={"id": BUNDLE.id}), then), then)

    assert plan.prepare[0].note == "make a placeholder for old.example.org"


@pytest.mark.parametrize(
    "change",
    [{"packages": ready().packages}, {"units": ready().units}, {"files": ready().files}],
    ids=["no certbot", "no timer", "other files"],
)
def test_a_server_without_https_is_sent_to_bootstrap(change: dict[str, object]) -> None:
    found = secured(state=serving(A)).model_copy(update=change)

    with pytest.raises(PlanError, match="run: fab bootstrap"):
        plans.deploy(AT, SECURE, BUNDLE, found, STAMP)


def test_a_release_has_the_authorities_whose_certificates_visitors_may_show() -> None:
    assert SECURE.tls
    site = replace(SITE, tls=replace(SECURE.tls, client_ca="an authority"))
    other = replace(SITE, tls=replace(SECURE.tls, client_ca="another"))

    put = Put(f"{AT.folder(A.id)}/clients.pem", "an authority")
    assert [step.do for step in https.describe(AT, A, site)][1:] == [put]
    assert len(https.describe(AT, A, SECURE)) == 1
    text, routes = render.nginx(site, AT)
    assert f"ssl_client_certificate {AT.current}/clients.pem;" in text
    assert routes != render.nginx(other, AT)[1], "nginx is to read them anew"
