"""A site.toml says who answers where, and in each environment."""

from __future__ import annotations

from dispatcher.registry.address import Address
from dispatcher.registry.schema import AppTable, Top
from dispatcher.registry.site import Pool, Server
from dispatcher.registry.site_toml import load
from tests.dispatcher.registry.written import GOOD, Write, addresses, faults_of


def test_a_registry_says_who_answers_where(write: Write) -> None:
    site = load(write(GOOD))
    assert addresses(site) == {
        "portal": ["example.org/"],
        "wiki": ["example.org/wiki/", "wiki.example.org/", "wiki.example.net/"],
    }
    assert site.hosts == ("example.org", "wiki.example.org", "wiki.example.net")
    assert site.pools == (Pool(), Pool("files", 4, "gthread"))
    assert site.servers == (
        Server("web1", "web1.example.org", "admin", 2222),
        Server("web2", "web2.example.org", "deploy", None),
    )


def test_an_environment_changes_what_it_names_and_keeps_the_rest(write: Write) -> None:
    site = load(write(GOOD), "staging")
    assert site.name == "yard-staging"
    assert site.pools[1] == Pool("files", 1, "gthread")
    assert site.app("wiki").target == "wiki.wsgi:application"
    assert Address("wiki.staging.example.org") in site.app("wiki").addresses


def test_an_environment_inherits_no_servers_and_no_own_domains(write: Write) -> None:
    site = load(write(GOOD), "staging")
    assert site.servers == ()
    assert "wiki.example.net" not in site.hosts


def test_an_environment_that_is_not_there_is_refused_with_those_that_are(write: Write) -> None:
    assert faults_of(write(GOOD), "stagign") == [
        "environments.stagign: is not there; the file's environments: staging"
    ]


def test_a_domain_can_be_replaced(write: Write) -> None:
    assert load(write(GOOD), domain="demo.net").hosts[1:] == ("wiki.demo.net", "wiki.example.net")


def test_locally_every_address_is_one_that_leads_here(write: Write) -> None:
    assert load(write(GOOD), domain="localhost").hosts == (
        "localhost",
        "wiki.localhost",
        "wiki.example.net.localhost",
    )


def test_a_site_is_reached_over_tls_unless_it_says_otherwise(write: Write) -> None:
    assert load(write(GOOD)).scheme == "https"
    path = write(GOOD + 'scheme = "http"\n')
    assert load(path, "staging").scheme == "http"
    assert load(path).scheme == "https"
    assert load(write('scheme = "http"\n' + GOOD), "staging").scheme == "http"
    assert load(write(GOOD), domain="localhost").scheme == "http"


def test_all_faults_come_at_once_each_with_its_line(write: Write) -> None:
    path = write("""\
name = "Yard"
colour = 3

[apps.portal]
app = "apps.portal"
path = "/"
colour = 1

[apps.wiki]
app = "a:b"
path = "/wiki/"
subdomain = "wi_ki"
domains = ["ok.example", "Bad.example:80"]
pool = "fast"

[pools.files]
workers = "2"
worker_class = "eventlet"

[servers.web1]
host = "two words"

[environments.staging]
domian = "staging.example.org"
""")
    assert faults_of(path) == [
        "domain: is missing",
        "line 1: name = 'Yard': is not a name; write up to 32 of a-z, 0-9 and inner hyphens, "
        "like 'yard'",
        "line 2: colour = 3: is not a key of this table; known are " + ", ".join(Top.model_fields),
        "line 5: apps.portal.app = 'apps.portal': is not 'package.module:attribute'; write what "
        "to import, like 'apps.wiki:create_app'",
        "line 7: apps.portal.colour = 1: is not a key of this table; known are "
        + ", ".join(AppTable.model_fields),
        "line 11: apps.wiki.path = '/wiki/': can never match: a prefix ends without a slash; "
        "write '/wiki'",
        "line 12: apps.wiki.subdomain = 'wi_ki': is not a host label; write letters, digits and "
        "inner hyphens, like 'archive'",
        "line 13: apps.wiki.domains.1 = 'Bad.example:80': must be a bare host name; write "
        "'bad.example'",
        "line 14: apps.wiki.pool = 'fast': app 'wiki' wants a pool that does not exist; write "
        "[pools.fast] or take one of: default, files",
        "line 17: pools.files.workers = '2': must be a whole number, without quotes",
        "line 18: pools.files.worker_class = 'eventlet': must be 'gevent', 'gthread' or 'sync'",
        "line 21: servers.web1.host = 'two words': is not how SSH reaches a server; write "
        "'deploy@web1.example.org' or 'web1:2222'",
        "line 24: environments.staging.domian = 'staging.example.org': is not a key of this "
        "table; did you mean 'domain'?",
    ]


def test_tenants_answer_below_the_sites_domain_beside_the_app_itself(write: Write) -> None:
    path = write("""\
name = "yard"
domain = "example.org"
[apps.archive]
app = "a:b"
subdomain = "archive"
tenants = "*.archive"
tenant_limit = 7
[apps.lending]
app = "a:c"
tenants = "/t/<tenant>"
[environments.staging]
domain = "staging.example.org"
""")
    archive, lending = load(path)
    assert archive.tenants == archive.addresses[-1] == Address("*.archive.example.org")
    assert (archive.tenant_limit, lending.tenant_limit) == (7, 100)
    assert lending.addresses == (Address("example.org", "/t"),)
    assert load(path, "staging").app("lending").tenants == Address("staging.example.org", "/t")
    assert load(path, domain="localhost").hosts[1:] == ("archive.localhost", "*.archive.localhost")


def test_what_is_wrong_with_tenants_is_told(write: Write) -> None:
    path = write("""\
name = "yard"
domain = "example.org"
[apps.archive]
app = "a:b"
tenants = "archive"
[apps.lending]
app = "a:c"
path = "/t"
tenants = "/t/<tenant>"
[apps.wiki]
app = "a:d"
path = "/t"
tenant_limit = 3
""")
    assert faults_of(path) == [
        "line 5: apps.archive.tenants = 'archive': is neither a subdomain for each, like "
        "'*.archive', nor a path, like '/t/<tenant>'",
        "line 9: apps.lending.tenants: has tenants where the app itself answers, example.org/t/; "
        "write one of the two elsewhere",
        "line 10: apps.wiki: claims example.org/t/, which app 'lending' has already",
        "line 13: apps.wiki.tenant_limit: limits nothing: the app has no tenants",
    ]


def test_a_value_that_is_long_does_not_hide_what_is_said_of_it(write: Write) -> None:
    (fault,) = faults_of(write(f'{GOOD}[headers]\nreferrer_policy = "{"a" * 3000}"\n'))

    assert "... (3,000 characters): is no value of a header" in fault
    assert len(fault) < 300
