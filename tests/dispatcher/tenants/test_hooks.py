from __future__ import annotations

import pytest

from dispatcher.loading.importing import LoadError
from dispatcher.registry.site import App
from dispatcher.tenants.hooks import hooks_of
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import Seen

APP = App("archive", "archive_app:create", ())
FACTORY = "def create(tenant=None): return lambda environ, start: []\n"
EXISTS = "def tenant_exists(tenant): return tenant == 'choir'\n"


def test_the_hooks_stand_beside_the_factory(write: Write) -> None:
    write("archive_app", FACTORY + EXISTS + "def close_tenant(app): return 'closed'\n")
    hooks = hooks_of(APP)
    assert hooks.exists("choir")
    assert not hooks.exists("band")
    assert hooks.close is not None
    assert hooks.close(Seen()) == "closed"


def test_an_app_need_not_care_how_its_instances_end(write: Write) -> None:
    write("archive_app", FACTORY + EXISTS)
    assert hooks_of(APP).close is None


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        pytest.param(
            FACTORY,
            "archive_app has no tenant_exists; write beside the factory: "
            "def tenant_exists(tenant: str) -> bool",
            id="none",
        ),
        pytest.param(
            FACTORY + "def tenants_exist(tenant): pass\n",
            "has no tenant_exists (there is 'tenants_exist'); write",
            id="misspelt",
        ),
        pytest.param(
            FACTORY + "async def tenant_exists(tenant): return False\n",
            "tenant_exists is asynchronous",
            id="whose answer would always be true",
        ),
        pytest.param(
            FACTORY + "def tenant_exists(): return True\n",
            "tenant_exists must be a function of one argument",
            id="without argument",
        ),
        pytest.param(
            FACTORY + "tenant_exists = {'choir'}\n",
            "tenant_exists must be a function of one argument",
            id="no function",
        ),
        pytest.param(
            FACTORY + EXISTS + "def close_tenant(): pass\n",
            "close_tenant must be a function of one argument",
            id="closes nothing",
        ),
        pytest.param(
            "def create(): pass\n" + EXISTS,
            "it is no factory with an argument 'tenant'",
            id="factory of one instance",
        ),
        pytest.param(
            "def create(environ, start_response): pass\n" + EXISTS,
            "it is no factory with an argument 'tenant'",
            id="a WSGI callable",
        ),
        pytest.param("", "archive_app has no 'create'", id="no factory"),
        pytest.param("import sys\nsys.exit(3)", "SystemExit: 3", id="exits"),
        pytest.param("import nonsense", "No module named 'nonsense'", id="import fails"),
    ],
)
def test_an_app_that_cannot_have_tenants_is_told_why(write: Write, source: str, fault: str) -> None:
    write("archive_app", source)
    with pytest.raises(LoadError) as raised:
        hooks_of(APP)
    assert fault in str(raised.value)
