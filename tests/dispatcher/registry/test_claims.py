"""Each address is one app's, whatever script it is written in."""

from __future__ import annotations

import pytest

from dispatcher.registry.site_toml import load
from tests.dispatcher.registry.written import GOOD, Write, faults_of


@pytest.mark.parametrize(
    ("portal", "wiki", "address"),
    [
        pytest.param('path = "/a"', 'path = "/a"', "example.org/a/", id="path"),
        pytest.param('subdomain = "a"', 'subdomain = "a"', "a.example.org/", id="subdomain"),
        pytest.param('domains = ["a.net"]', 'domains = ["a.net"]', "a.net/", id="domain"),
        pytest.param(
            'subdomain = "a"', 'domains = ["a.example.org"]', "a.example.org/", id="both ways"
        ),
        pytest.param('path = "/"', 'domains = ["example.org"]', "example.org/", id="the site's"),
    ],
)
def test_two_apps_cannot_claim_one_address(
    write: Write, portal: str, wiki: str, address: str
) -> None:
    path = write(f"""\
name = "yard"
domain = "example.org"
[apps.portal]
app = "a:b"
{portal}
[apps.wiki]
app = "a:c"
{wiki}
""")
    assert faults_of(path) == [
        f"line 6: apps.wiki: claims {address}, which app 'portal' has already"
    ]


def test_a_conflict_that_only_an_environment_has_points_into_it(write: Write) -> None:
    path = write(GOOD + '[environments.demo.apps.wiki]\npath = "/"\n')
    assert faults_of(path) == [
        "line 28: environments.demo.apps.wiki: claims example.org/, which app 'portal' has already"
    ]


def test_an_app_answers_somewhere(write: Write) -> None:
    path = write('name = "y"\ndomain = "d.org"\n[apps.lost]\napp = "a:b"\n')
    assert faults_of(path) == [
        "line 3: apps.lost: answers nowhere; give it a path, a subdomain or domains"
    ]


def test_an_address_that_slipped_into_a_table_above_it_is_found(write: Write) -> None:
    lost = 'name = "y"\ndomain = "d.org"\n[apps.lost]\napp = "a:b"\n[apps.lost.args.deep]\n'
    assert faults_of(write(f'{lost}a = 1\nsubdomain = "lost"\n')) == [
        "line 3: apps.lost: answers nowhere; its 'subdomain' is in the table args.deep: "
        "write it above that"
    ]


def test_an_app_with_only_own_domains_needs_others_in_each_environment(write: Write) -> None:
    text = GOOD.replace('path = "/wiki"\nsubdomain = "wiki"\n', "")
    assert faults_of(write(text)) == [
        "line 8: apps.wiki: answers nowhere; give it a path, a subdomain or domains"
    ]
    text += '[environments.staging.apps.wiki]\ndomains = ["wiki.staging.example.net"]\n'
    assert "wiki.staging.example.net" in load(write(text), "staging").hosts


def test_names_in_any_script_become_their_ascii_form(write: Write) -> None:
    text = GOOD.replace("wiki.example.net", "bücher.example")
    text = text.replace('domain = "example.org"', 'domain = "exämple.org"')
    text = text.replace('subdomain = "wiki"', 'subdomain = "büro"')

    site = load(write(text))

    assert site.domain == "xn--exmple-cua.org"
    assert {"xn--bcher-kva.example", "xn--bro-hoa.xn--exmple-cua.org"} <= set(site.hosts)


def test_one_name_in_two_scripts_is_claimed_twice(write: Write) -> None:
    text = GOOD.replace('"wiki.example.net"', '"bücher.example"')
    text += '[apps.other]\napp = "a:b"\ndomains = ["xn--bcher-kva.example"]\n'
    assert "claims xn--bcher-kva.example/, which app 'wiki' has" in faults_of(write(text))[0]


def test_no_app_can_have_the_host_of_the_probes(write: Write) -> None:
    path = write(GOOD.replace("wiki.example.net", "dispatcher.internal"))
    assert "is the dispatcher's own" in faults_of(path)[0]
