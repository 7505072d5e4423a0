from dispatcher.contained import Contained
from dispatcher.stack import stack
from tests.dispatcher.test_router import PORTAL, SITE
from tests.dispatcher.wsgi import Seen, get


def test_the_addresses_of_apps_that_run_elsewhere_do_not_fall_to_the_app_above() -> None:
    portal = Contained(PORTAL, load=lambda _: Seen("portal"))
    alone = stack(SITE, {"portal": portal})

    assert get(alone, "/news").text == "portal"
    assert get(alone, "/wiki/").status == 421
    assert get(alone, "/", "wiki.net").status == 421
