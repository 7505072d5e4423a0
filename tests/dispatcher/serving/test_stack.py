import pytest

from dispatcher.loading.contained import Contained
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.serving.stack import stack
from tests.dispatcher.boundary.test_middleware import Baker
from tests.dispatcher.routing.test_router import PORTAL, SITE, WIKI
from tests.dispatcher.wsgi import Seen, get


def test_the_addresses_of_apps_that_run_elsewhere_do_not_fall_to_the_app_above() -> None:
    portal = Contained(PORTAL, load=lambda _: Seen("portal"))
    alone = stack(SITE, {"portal": portal})

    assert get(alone, "/news").text == "portal"
    assert get(alone, "/wiki/").status == 421
    assert get(alone, "/", "wiki.net").status == 421


def test_cookies_are_of_their_host_alone_where_no_other_app_is_on_it() -> None:
    wiki = Contained(WIKI, load=lambda _: Baker("a=b; HttpOnly; Path=/"))
    site = stack(SITE, {"wiki": wiki})
    https = {"wsgi.url_scheme": "https"}

    shared = get(site, "/wiki/", **https).headers["Set-Cookie"]
    alone = get(site, "/", "wiki.net", **https).headers["Set-Cookie"]

    assert shared == "wiki~a=b; HttpOnly; Path=/wiki; Secure"
    assert alone == "__Host-wiki~a=b; HttpOnly; Path=/; Secure"


@pytest.mark.parametrize(("host", "path"), [("yard.net", "/"), ("files.yard.net", "/nothing")])
def test_a_path_that_is_nobodys_is_the_site_s_404_whichever_pool_it_comes_to(
    host: str, path: str
) -> None:
    """Nginx sends it to the first pool, where the host's root belongs to no app."""
    app = App("files", "a:b", (Address("files.yard.net", "/all"),), pool="files")
    site = Site("yard", "yard.net", (app,))

    for apps in ({}, {"files": Contained(app, load=lambda _: Seen("files"))}):
        answer = get(stack(site, apps), path, host)

        assert answer.status == 404
        assert "There is nothing at this address." in answer.text
