"""A pool says how its workers are, and what it may have."""

from __future__ import annotations

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Pool
from dispatcher.registry.site_toml import load
from tests.dispatcher.registry.written import GOOD, Write, faults_of


def test_a_pool_reaches_the_addresses_that_are_written(write: Write) -> None:
    pools = load(write(f'{GOOD}\n[pools.mail]\nnetwork = ["10.0.0.5", "fd00::/8"]\n')).pools

    assert [pool.network for pool in pools] == [(), (), ("10.0.0.5", "fd00::/8")]


@pytest.mark.parametrize(
    "written", ["db.example.org", "any", "1.2.3.4;", "::1%eth0", "10.0.0.5 ::"]
)
def test_a_pool_reaches_addresses_and_no_names(write: Write, written: str) -> None:
    (fault,) = faults_of(write(f'{GOOD}\n[pools.mail]\nnetwork = ["{written}"]\n'))

    assert "is no address or network; write one like '10.0.0.5' or 'fd00::/8', not a name" in fault


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


def test_names_that_no_linux_user_can_have_are_refused(write: Write) -> None:
    path = write(GOOD.replace("files", "a-pool-with-a-very-long-name"))
    assert "over 32 characters" in faults_of(path)[0]


def test_two_environments_whose_pools_would_have_one_user_are_refused(write: Write) -> None:
    path = write(f"{GOOD}\n[pools.staging-files]\n")

    assert faults_of(path) == [
        "line 27: environments.staging.pools.files: makes the user name yard-staging-files, "
        "as the pool 'staging-files' of the site itself does; rename one of them"
    ]
