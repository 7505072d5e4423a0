"""What site.toml gives to apps that know nothing of it: faults of the registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.given import secrets_named
from dispatcher.registry.site import App, Site
from dispatcher.registry.site_toml import load

SITE = """\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "wiki:make"
path = "/wiki"
WIKI
[apps.shop]
app = "shop:make"
path = "/shop"
SHOP
[pools.files]
"""

Read = Callable[..., Site]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(wiki: str = "", shop: str = "") -> Site:
        path = tmp_path / "site.toml"
        path.write_text(SITE.replace("WIKI", wiki).replace("SHOP", shop))
        return load(path)

    return read


@pytest.fixture
def faults(read: Read) -> Callable[..., list[str]]:
    def faults(wiki: str = "", shop: str = "") -> list[str]:
        with pytest.raises(RegistryError) as raised:
            read(wiki, shop)
        return [str(fault) for fault in raised.value.faults]

    return faults


Faults = Callable[..., list[str]]


def test_an_app_is_given_what_its_table_says(read: Read) -> None:
    app = read("""\
args = { root = "{state}/pages", size = 3 }
config.DEBUG = false
env.WIKI_HOME = "{state}"
load = "lazy"
each_mount = true
alone = true
script_cookies = ["theme", "tz"]
pool = "files"
""").app("wiki")
    assert app.script_cookies == ("theme", "tz")
    assert app.args == {"root": "{state}/pages", "size": 3}
    assert app.config == {"DEBUG": False}
    assert app.env == {"WIKI_HOME": "{state}"}
    assert (app.lazy, app.each_mount, app.alone) == (True, True, True)


def test_an_app_with_nothing_given_is_eager_and_made_once(read: Read) -> None:
    app = read().app("shop")
    assert app == App("shop", "shop:make", app.addresses, headers=app.headers)
    assert (app.args, app.lazy, app.each_mount, app.alone) == (None, False, False, False)


def test_an_unknown_placeholder_is_told_where_it_stands(faults: Faults) -> None:
    assert faults('args = { deep = { list = ["{hots}"] } }') == [
        "line 6: apps.wiki.args.deep = {'list': ['{hots}']}: has {hots}, which stands for "
        "nothing; did you mean {host}? there are {prefix}, {host}, {url}, {state}, {secret}, "
        "{secret:NAME}; {{ is a brace"
    ]


def test_a_mount_that_could_be_one_of_several_is_refused(faults: Faults) -> None:
    assert faults('subdomain = "wiki"\nconfig.ROOT = "{url}/x"') == [
        "line 7: apps.wiki.config.ROOT = '{url}/x': has {url}, but the app answers at 2 addresses "
        "and is made once; write each_mount = true to make it once for each"
    ]


def test_an_app_made_for_each_mount_may_know_each(read: Read) -> None:
    assert read('subdomain = "wiki"\neach_mount = true\nconfig.ROOT = "{url}/x"').app("wiki").config


def test_the_environment_of_a_process_knows_no_one_of_several_mounts(faults: Faults) -> None:
    assert faults('subdomain = "wiki"\neach_mount = true\nenv.ROOT = "{prefix}"') == [
        "line 8: apps.wiki.env.ROOT = '{prefix}': has {prefix}, but the app answers at 2 addresses "
        "and a process has one environment; write it in args or config, with each_mount = true"
    ]


@pytest.mark.parametrize(
    ("mine", "other"),
    [("a", "b"), ("{state}", "{state}"), ("{url}", "{url}"), ("/wiki", "{prefix}")],
)
def test_two_apps_in_a_pool_cannot_have_a_variable_differ(
    faults: Faults, mine: str, other: str
) -> None:
    assert faults(f'env.HOME_OF = "{mine}"', f'env.HOME_OF = "{other}"') == [
        f"line 10: apps.shop.env.HOME_OF = {other!r}: app 'wiki' has {mine!r} for it, and both are "
        "in the pool 'default'; give one of them a pool of its own"
    ]


def test_apps_may_share_a_variable_or_differ_in_pools_of_their_own(read: Read) -> None:
    read('env.TZ = "UTC"\nenv.AT = "{host}"', 'env.TZ = "UTC"\nenv.AT = "{host}"')
    read('env.TZ = "UTC"', 'env.TZ = "CET"\npool = "files"')


def test_an_app_that_must_be_alone_shares_its_pool_with_none(faults: Faults, read: Read) -> None:
    assert faults("alone = true") == [
        "line 6: apps.wiki.alone: app 'shop' is in the pool 'default' too; write [pools.wiki] and "
        "pool = 'wiki'"
    ]
    assert read('alone = true\npool = "files"').app("wiki").alone


def test_an_app_that_ignores_its_mount_lives_at_the_root_of_a_host(
    faults: Faults, read: Read
) -> None:
    assert faults('own_host = true\nsubdomain = "wiki"') == [
        "line 5: apps.wiki.path: app 'wiki' cannot live below /wiki; write a subdomain instead"
    ]
    assert faults('own_host = true\ntenants = "/t/<tenant>"')[1:] == [
        "line 7: apps.wiki.tenants: app 'wiki' cannot live below /t; write a subdomain instead"
    ]
    own = 'own_host = true\nsubdomain = "wiki"\ntenants = "*.wiki"'
    assert read(shop=f"pool = 'files'\n[apps.own]\napp = 'a:b'\n{own}").app("own").own_host


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "env.1X = 'a'",
            "env.1X = '1X': is not the name of an environment variable; write one like 'WIKI_HOME'",
        ),
        (
            "env.DISPATCHER_POOL = 'a'",
            "env.DISPATCHER_POOL = 'DISPATCHER_POOL': is the dispatcher's own; its variables are "
            "set from outside the registry",
        ),
        ("env.X = 1", "env.X = 1: must be text, in quotes"),
        ("load = 'never'", "load = 'never': must be 'eager' or 'lazy'"),
        ("args = ['a']", "args = ['a']: must be a table"),
        ("load_seconds = 61", "load_seconds = 61: must be less than or equal to 60"),
        (
            'script_cookies = ["a~b"]',
            "script_cookies.0 = 'a~b': is not the name of a cookie; write it as scripts do, "
            "like 'theme'",
        ),
        ("alone = 'yes'", "alone = 'yes': must be true or false, without quotes"),
    ],
)
def test_what_cannot_be_given_is_told(faults: Faults, line: str, told: str) -> None:
    assert faults(line) == [f"line 6: apps.wiki.{told}"]


def test_a_secret_that_a_person_sets_is_named_wherever_it_is_given(read: Read) -> None:
    app = read("""\
args = { url = ["postgres://wiki:{secret:DB_PASSWORD}@db/wiki"] }
config.API_KEY = "{secret:API_KEY}"
env.WIKI_KEY = "{secret:API_KEY}"
""").app("wiki")

    assert secrets_named(app) == ("API_KEY", "DB_PASSWORD")


@pytest.mark.parametrize("name", ["", "1st", "A-B", "../A", "A B", "A" * 65, "ä"])
def test_a_secret_has_the_name_of_a_variable(faults: Faults, name: str) -> None:
    (fault,) = faults(f'config.KEY = "{{secret:{name}}}"')

    assert f"has {{secret:{name}}}, which cannot be" in fault
    assert "letters, digits and _, like {secret:API_KEY}" in fault


def test_neighbours_do_not_share_a_variable_for_secrets_of_their_own(faults: Faults) -> None:
    given = 'env.API_KEY = "{secret:API_KEY}"'

    (fault,) = faults(given, given)

    assert "give one of them a pool of its own" in fault
