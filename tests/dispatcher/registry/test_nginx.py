"""What site.toml says of what stands in front of nginx, and what it cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import load

APPS = '[apps.wiki]\napp = "a:b"\npath = "/wiki"\n'


def site(tmp_path: Path, table: str, environment: str = "", more: str = "") -> Site:
    path = tmp_path / "site.toml"
    path.write_text(f'name = "yard"\ndomain = "example.org"\n[nginx]\n{table}\n{APPS}{more}')
    return load(path, environment)


def faults(tmp_path: Path, table: str) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        site(tmp_path, table)
    return str(caught.value).splitlines()[1:]


def test_nobody_is_believed_unless_it_is_said(tmp_path: Path) -> None:
    assert site(tmp_path, "").nginx == Nginx((), "X-Forwarded-For", proxy_protocol=False)


def test_proxies_are_said_by_address_or_network_each_once(tmp_path: Path) -> None:
    found = site(tmp_path, 'trusted_proxies = ["10.0.0.7/8", "fd00::1", "10.0.0.0/8"]')

    assert found.nginx.trusted_proxies == ("10.0.0.0/8", "fd00::1/128")


def test_an_environment_has_other_proxies_or_none(tmp_path: Path) -> None:
    table = 'trusted_proxies = ["10.0.0.0/8"]\nproxy_protocol = true'
    more = '[environments.a]\n[environments.b.nginx]\ntrusted_proxies = ["192.0.2.1"]\n'

    assert site(tmp_path, table, "a", more).nginx == Nginx()
    assert site(tmp_path, table, "b", more).nginx == Nginx(("192.0.2.1/32",))
    assert site(tmp_path, table, "", more).nginx.proxy_protocol


@pytest.mark.parametrize(
    "proxy",
    [
        "lb.example.org",
        "10.0.0.0/33",
        "fe80::1%eth0",
        "10.0.0.0/8; return 200",
        "10.0.0.0/8\\n",
        "unix:",
        "$remote_addr",
        "",
    ],
)
def test_what_is_no_address_becomes_no_configuration(tmp_path: Path, proxy: str) -> None:
    (fault,) = faults(tmp_path, f'trusted_proxies = ["{proxy}"]')
    assert fault.endswith(
        "is no address or network; write one like '10.0.0.5' or 'fd00::/8', not a name"
    )


@pytest.mark.parametrize("all_", ["0.0.0.0/0", "::/0"])
def test_not_everybody_can_be_believed(tmp_path: Path, all_: str) -> None:
    (fault,) = faults(tmp_path, f'trusted_proxies = ["{all_}"]')
    assert f"line 4: nginx.trusted_proxies.0 = '{all_}': is everybody" in fault


@pytest.mark.parametrize(
    "header", ["", "proxy_protocol", "X_Real_IP", "X-Real-IP;", "$host", "a b", "a" * 65, "X-é"]
)
def test_a_header_has_the_name_of_one(tmp_path: Path, header: str) -> None:
    table = f'trusted_proxies = ["10.0.0.0/8"]\nreal_ip_header = "{header}"'
    (fault,) = faults(tmp_path, table)
    assert "is not the name of a header; write one like 'X-Forwarded-For'" in fault


def test_all_that_does_not_fit_together_is_told_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, 'proxy_protocol = true\nreal_ip_header = "X-Real-IP"\ntrusted = []')

    assert [one.split(": ", 1)[1] for one in told] == [
        "nginx.proxy_protocol: needs trusted_proxies: who else may say who a visitor is?",
        "nginx.real_ip_header = 'X-Real-IP': is of no use with proxy_protocol, "
        "which says who asks before the request; leave it out",
        "nginx.trusted = []: is not a key of this table; did you mean 'trusted_proxies'?",
    ]


def test_a_header_of_nobodys_is_of_no_use(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, 'real_ip_header = "X-Real-IP"')
    assert "is of no use without trusted_proxies; leave it out" in fault
