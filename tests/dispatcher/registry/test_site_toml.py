import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.schema import AppTable, Top
from dispatcher.registry.site import Pool, Server, Site
from dispatcher.registry.site_toml import load

Write = Callable[[str], Path]

GOOD = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "apps.portal:create_app"
path = "/"

[apps.wiki]
app = "wiki.wsgi:application"
path = "/wiki"
subdomain = "wiki"
domains = ["wiki.example.net"]
pool = "files"

[pools.files]
workers = 4
worker_class = "gthread"

[servers.web1]
host = "admin@web1.example.org:2222"

[servers.web2]
host = "web2.example.org"

[environments.staging]
domain = "staging.example.org"
pools.files.workers = 1
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "site.toml"
        path.write_text(text)
        return path

    return write


def faults_of(path: Path, environment: str = "") -> list[str]:
    with pytest.raises(RegistryError) as raised:
        load(path, environment)
    return [str(fault) for fault in raised.value.faults]


def addresses(site: Site) -> dict[str, list[str]]:
    return {app.name: [str(address) for address in app.addresses] for app in site}


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


def test_a_pool_reaches_the_addresses_that_are_written(write: Write) -> None:
    pools = load(write(f'{GOOD}\n[pools.mail]\nnetwork = ["10.0.0.5", "fd00::/8"]\n')).pools

    assert [pool.network for pool in pools] == [(), (), ("10.0.0.5", "fd00::/8")]


@pytest.mark.parametrize(
    "written", ["db.example.org", "any", "1.2.3.4;", "::1%eth0", "10.0.0.5 ::"]
)
def test_a_pool_reaches_addresses_and_no_names(write: Write, written: str) -> None:
    (fault,) = faults_of(write(f'{GOOD}\n[pools.mail]\nnetwork = ["{written}"]\n'))

    assert "is no address or network; write one like '10.0.0.5' or 'fd00::/8', not a name" in fault


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


def test_a_pool_says_how_its_workers_are(write: Write) -> None:
    path = write("""\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "a:b"
path = "/"
ready = "a:ready"
[pools.default]
worker_class = "gthread"
threads = 20
timeout = 5
max_requests = 1000
preload = false
""")
    site = load(path)
    assert site.pools == (Pool("default", 2, "gthread", 20, 5, 1000, preload=False),)
    assert site.app("wiki").ready == "a:ready"


def test_a_pool_may_be_limited(write: Write) -> None:
    limits = 'memory = "300M"\ncpu = 0.5\ntasks = 100'
    site = load(write(GOOD.replace('"gthread"', f'"gthread"\n{limits}')))

    pool = site.pool("files")
    assert (pool.memory, pool.cpu, pool.tasks) == ("300M", 0.5, 100)
    assert (site.pool("default").memory, site.pool("default").cpu) == ("80%", None)


@pytest.mark.parametrize(
    "memory", ["300", "0M", "100%", "1.5G", "300m", "infinity", "1G\\nUser=root"]
)
def test_memory_is_a_size_or_a_part(write: Write, memory: str) -> None:
    (fault,) = faults_of(write(GOOD.replace('"gthread"', f'"gthread"\nmemory = "{memory}"')))

    assert "is not how much memory; write '300M', '2G' or '50%' of the server's" in fault


def test_threads_are_for_pools_that_have_them(write: Write) -> None:
    path = write(GOOD.replace('"gthread"', '"sync"\nthreads = 4'))
    (fault,) = faults_of(path)
    assert "pools.files.threads = 4: is for gthread, and a worker here is" in fault


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_an_app_may_have_websockets(write: Write, kind: str) -> None:
    pool = f'[pools.live]\nworker_class = "{kind}"\n'
    text = f'{pool}[apps.chat]\napp = "a:b"\npath = "/chat"\npool = "live"\nwebsockets = true\n'

    assert load(write(f'name = "yard"\ndomain = "example.org"\n{text}')).app("chat").websockets


def test_websockets_are_not_for_workers_that_do_one_thing_at_a_time(write: Write) -> None:
    pool = '[pools.live]\nworker_class = "sync"\n'
    text = f'{pool}[apps.chat]\napp = "a:b"\npath = "/chat"\npool = "live"\nwebsockets = true\n'
    with pytest.raises(RegistryError) as caught:
        load(write(f'name = "yard"\ndomain = "example.org"\n{text}'))

    assert "line 9: apps.chat.websockets: cannot be: workers of pool 'live' are sync" in str(
        caught.value
    )


def test_no_app_can_have_the_host_of_the_probes(write: Write) -> None:
    path = write(GOOD.replace("wiki.example.net", "dispatcher.internal"))
    assert "is the dispatcher's own" in faults_of(path)[0]


def test_names_that_no_linux_user_can_have_are_refused(write: Write) -> None:
    path = write(GOOD.replace("files", "a-pool-with-a-very-long-name"))
    assert "over 32 characters" in faults_of(path)[0]


def test_two_environments_whose_pools_would_have_one_user_are_refused(write: Write) -> None:
    path = write(f"{GOOD}\n[pools.staging-files]\n")

    assert faults_of(path) == [
        "line 27: environments.staging.pools.files: makes the user name yard-staging-files, "
        "as the pool 'staging-files' of the site itself does; rename one of them"
    ]


def test_what_is_no_toml_is_refused_with_its_line(write: Write) -> None:
    assert faults_of(write('name = "yard"\ndomain = \n')) == [
        "line 2: is not TOML: Invalid value (at line 2, column 10)"
    ]


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no such file"):
        load(tmp_path / "site.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(RegistryError, match="byte 8 is not UTF-8"):
        load(path)


@pytest.mark.parametrize("value", ["3", '"x"', "[]", "[1]"])
@pytest.mark.parametrize("key", ["apps", "pools", "servers", "environments", "apps.a"])
def test_a_table_that_is_no_table_is_a_fault_and_no_traceback(
    write: Write, key: str, value: str
) -> None:
    path = write(f'name = "y"\ndomain = "d.org"\n{key} = {value}\n')
    assert any("must be a table" in fault for fault in faults_of(path))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = " + "[" * 100_000, "has tables or lists too deep in others"),
        ("config.x = " + "[" * 900 + "]" * 900, "has tables or lists too deep in others"),
        ("config.x = " + "{a = " * 900 + "1" + "}" * 900, "has tables or lists too deep in others"),
        ("config" + ".a" * 20_000 + " = 1", "line 7: has over 100 names joined by dots"),
        ("config" + ' . "a"' * 20_000 + " = 1", "line 7: has over 100 names joined by dots"),
        ("[apps" + ".'a'" * 20_000 + "]", "line 7: has over 100 names joined by dots"),
        ("config.x = " + "9" * 5_000, "is not TOML: Exceeds the limit"),
        (
            "".join(f"[environments.e{number}]\n" for number in range(51)),
            "environments: has 51; at most 50 may be there",
        ),
    ],
    ids=["lists", "closed lists", "tables", "dots", "quoted", "header", "digits", "environments"],
)
def test_a_registry_that_is_out_to_keep_its_reader_busy_is_refused(
    write: Write, text: str, fault: str
) -> None:
    head = GOOD.partition("\n[apps.wiki]")[0]

    (found,) = faults_of(write(f"{head}{text}\n"))

    assert fault in found


def test_a_long_registry_takes_no_longer_than_its_length(write: Write) -> None:
    apps = "".join(f'[apps.a{n}]\napp = "a:b"\npath = "/{n}"\nenv.A = "1"\n' for n in range(3000))
    names = "".join(f'    "{number}",\n' for number in range(10_000))
    path = write(f"{GOOD}\n{apps}config.x = [\n{names}]\n")
    started = time.process_time()

    load(path)

    assert time.process_time() - started < 5, "of pairs or of lines before it, it takes minutes"
