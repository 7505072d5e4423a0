"""What nginx can be asked to tell apps, and that nothing of it is more than a value to nginx."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.downloads import FOLDER
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.headers import CSP_NONCE
from dispatcher.registry.site_toml import load
from dispatcher.registry.variables import SOURCES, Variable
from dispatcher.tenants.resolution import TOLD

APPS = '[apps.wiki]\napp = "a:b"\npath = "/wiki"\n'


def variables(tmp_path: Path, table: str, more: str = "", environment: str = "") -> list[Variable]:
    path = tmp_path / "site.toml"
    given = f"[nginx]\n{more}\n[nginx.variables]\n{table}\n"
    path.write_text(f'name = "yard"\ndomain = "example.org"\n{given}{APPS}[environments.a]\n')
    return list(load(path, environment).nginx.variables)


def fault(tmp_path: Path, table: str, more: str = "") -> str:
    with pytest.raises(RegistryError) as caught:
        variables(tmp_path, table, more)
    return str(caught.value).partition("\n  ")[2]


def test_a_variable_of_nginxs_is_told_as_it_is(tmp_path: Path) -> None:
    found = variables(tmp_path, 'tls_version = "$ssl_protocol"')

    assert found == [Variable("tls_version", "$ssl_protocol")]
    assert found[0].told_by == "X-Site-Tls-Version"


def test_a_visitors_network_is_looked_up(tmp_path: Path) -> None:
    table = 'network = { geo = { "10.0.0.7/8" = "office", "fd00::/8" = "lab", default = "world" } }'

    networks = (("10.0.0.0/8", "office"), ("fd00::/8", "lab"))
    assert variables(tmp_path, table) == [Variable("network", geo=networks, default="world")]


def test_a_variable_is_looked_up_in_a_table(tmp_path: Path) -> None:
    table = 'old = { of = "$ssl_protocol", map = { "TLSv1.2" = "yes", default = "no" } }'

    told = Variable("old", of="$ssl_protocol", map=(("TLSv1.2", "yes"),), default="no")
    assert variables(tmp_path, table) == [told]


def test_a_trusted_proxy_may_know_something(tmp_path: Path) -> None:
    table, proxies = 'country = { header = "CF-IPCountry" }', 'trusted_proxies = ["10.0.0.1"]'

    assert variables(tmp_path, table, proxies) == [Variable("country", header="CF-IPCountry")]
    for more in ("", f"{proxies}\nproxy_protocol = true"):
        assert "is a visitor's own word unless" in fault(tmp_path, table, more)


def test_an_environment_tells_the_same(tmp_path: Path) -> None:
    table = 'id = "$request_id"'
    assert variables(tmp_path, table, environment="a") == variables(tmp_path, table)


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "_a", "a_", "a__b", "a-b", "a b", "a;", "a\\n", "é", "a" * 33, "a.b"]
)
def test_a_name_is_of_few_letters(tmp_path: Path, name: str) -> None:
    assert "is not the name of a variable" in fault(tmp_path, f'"{name}" = "$request_id"')


@pytest.mark.parametrize("key", [TOLD, CSP_NONCE, FOLDER])
def test_what_the_dispatcher_tells_itself_is_its_own(tmp_path: Path, key: str) -> None:
    name = key.removeprefix("site.")
    assert f"is the dispatcher's own, who has {key}" in fault(tmp_path, f'{name} = "$host"')


@pytest.mark.parametrize(
    "source",
    ["", "$arg_x", "$http_cookie", "$request_id;", "request_id", "$$host", "$host$uri", "on", "$1"],
)
def test_a_source_is_one_that_nginx_knows_itself(tmp_path: Path, source: str) -> None:
    assert "is no variable of nginx's that can be told" in fault(tmp_path, f'a = "{source}"')
    table = f'a = {{ of = "{source}", map = {{ x = "y" }} }}'
    assert "nginx.variables.a.of = " in fault(tmp_path, table)


BAD = ['a\\"b', "a;b", "$host", "a\\nb", "a\\\\", "{", "}", "#", "'", "\\u0000", "é", "a" * 201]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize(
    "table",
    [
        'a = {{ geo = {{ "10.0.0.0/8" = "{}" }} }}',
        'a = {{ geo = {{ default = "{}" }} }}',
        'a = {{ of = "$host", map = {{ "x" = "{}" }} }}',
        'a = {{ of = "$host", map = {{ "{}" = "x" }} }}',
        'a = {{ of = "$host", map = {{ default = "{}" }} }}',
    ],
)
def test_text_is_of_characters_that_nginx_takes_for_nothing_else(
    tmp_path: Path, table: str, text: str
) -> None:
    assert "has other characters than letters" in fault(tmp_path, table.format(text))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("a = 3", "must be a variable of nginx's, like '$ssl_protocol', or a table"),
        ("a = {}", "has nothing; write geo = {...}"),
        ('a = { geo = {}, map = {}, of = "$host" }', "has 'geo', 'map', 'of'; write geo"),
        ("a = { geo = 3 }", "a.geo = 3: must be a table"),
        ("a = { map = 3, of = 4 }", "a.map = 3: must be a table"),
        ('a = { map = {}, of = ["$host"] }', "is no variable of nginx's"),
        ('a = { geo = { "10.0.0.0/8" = 3 } }', "must be text, in quotes"),
        ('a = { geo = { "::/0" = "x" } }', "is everybody; write default"),
        ('a = { geo = { "include" = "x" } }', "is no address or network"),
        ('a = { geo = { "proxy" = "10.0.0.1" } }', "is no address or network"),
        (
            'a = { geo = { "10.0.0.0/8" = "x", "10.0.0.1/8" = "y" } }',
            "a.geo.10.0.0.1/8: is the same network as '10.0.0.0/8'",
        ),
        (
            'a = { of = "$host", map = { "A" = "x", "a" = "y" } }',
            "a.map.a: is 'A' for nginx, which takes A for a",
        ),
        ('a = { header = "X_Y" }', "is not the name of a header, like 'CF-IPCountry'"),
        ("a = { header = 3 }", "is not the name of a header"),
    ],
)
def test_what_cannot_be_told_is_said_in_its_place(tmp_path: Path, table: str, said: str) -> None:
    assert said in fault(tmp_path, table, 'trusted_proxies = ["10.0.0.1"]')


def test_a_table_is_one(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f'name = "yard"\ndomain = "example.org"\n[nginx]\nvariables = 3\n{APPS}')
    with pytest.raises(RegistryError, match=r"nginx\.variables = 3: must be a table"):
        load(path)


def test_nothing_that_a_visitor_writes_is_a_source() -> None:
    assert not [one for one in SOURCES if one.startswith(("$http_", "$arg_", "$cookie_", "$sent_"))]
