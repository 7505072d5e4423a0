"""Apps from PyPI, unchanged, next to each other in one process, by path and by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx
import pytest

from tests.foreign.visitor import Links, crawl, visitor
from tests.integration.served import Served

pytestmark = pytest.mark.foreign
of: Callable[[str], pytest.MarkDecorator] = pytest.mark.of

FILE = b"0123456789" * 1000


def log_in(client: httpx.Client, mount: str) -> httpx.Response:
    page = client.get("/")
    assert str(page.url) == f"{mount}/admin/login/?next=" + page.url.params["next"]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": "ada", "password": "secret"}
    form["next"] = page.url.params["next"]
    return client.post(page.url, data=form, headers={"Referer": str(page.url)})


@of("django")
def test_one_can_log_in_to_djangos_admin_and_stays_so(client: httpx.Client, mount: str) -> None:
    home = log_in(client, mount)
    assert str(home.url) == f"{mount}/admin/"
    assert "Site administration" in home.text
    users = client.get("/admin/auth/user/")
    assert "ada@example.org" in users.text


@of("django")
def test_djangos_admin_links_and_static_files_stay_below_the_mount(
    client: httpx.Client, mount: str
) -> None:
    log_in(client, mount)
    links = Links(client.get("/admin/")).found
    pages = {link for link in links if "/static/" not in link}
    assert {link for link in pages if not f"{link}/".startswith(f"{mount}/")} == set()
    for link in links - pages:
        assert client.get(link).headers["Content-Type"] in ("text/css", "text/javascript"), link


@of("dav")
def test_a_file_put_with_webdav_is_there_is_listed_and_can_be_had_in_part(
    client: httpx.Client, mount: str
) -> None:
    assert client.request("MKCOL", "/box/").status_code in (201, 405)
    assert client.put("/box/a.bin", content=FILE).status_code in (201, 204)

    part = client.get("/box/a.bin", headers={"Range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, b"5678901234")
    listing = client.request("PROPFIND", "/box/", headers={"Depth": "1"})
    assert listing.status_code == 207
    path = httpx.URL(mount).path.rstrip("/")
    hrefs = re.findall(r"<(?:\w+:)?href>([^<]*)</", listing.text)
    assert set(hrefs) == {f"{path}/box/", f"{path}/box/a.bin"}


@of("dav")
def test_webdav_moves_a_file_to_the_address_that_is_said(client: httpx.Client, mount: str) -> None:
    client.put("/from.txt", content=b"moved")
    moved = client.request("MOVE", "/from.txt", headers={"Destination": f"{mount}/to.txt"})
    assert moved.status_code in (201, 204)
    assert client.get("/to.txt").text == "moved"
    assert client.get("/from.txt").status_code == 404


@of("calendars")
def test_a_calendar_is_made_and_found_by_its_own_address(client: httpx.Client, mount: str) -> None:
    path = httpx.URL(mount).path.rstrip("/")
    ada = httpx.BasicAuth("ada", "any")
    made = client.request("MKCALENDAR", "/ada/errands/", auth=ada)
    assert made.status_code in (201, 409)
    found = client.request("PROPFIND", "/ada/", headers={"Depth": "1"}, auth=ada)
    assert f"<href>{path}/ada/errands/</href>" in found.text


@of("calendars")
def test_radicales_page_is_reached_by_its_redirect(client: httpx.Client, mount: str) -> None:
    page = client.get("/")
    assert (page.status_code, str(page.url)) == (200, f"{mount}/.web/")


@of("packages")
def test_a_package_uploaded_as_twine_does_can_be_found_and_had(
    client: httpx.Client, mount: str
) -> None:
    name = "plain-1.0.tar.gz"
    upload = client.post("/", data={":action": "file_upload"}, files={"content": (name, FILE)})
    assert upload.status_code in (200, 409)
    index = client.get("/simple/plain/")
    (link,) = (link for link in Links(index).found if link.endswith(name))
    assert link == f"{mount}/packages/{name}"
    assert client.get(link).content == FILE
    part = client.get(link, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, b"0123456789")


@of("hg")
def test_mercurial_can_clone_over_its_wire_protocol(client: httpx.Client) -> None:
    capabilities = client.get("/plain", params={"cmd": "capabilities"})
    assert "getbundle" in capabilities.text
    heads = client.get("/plain", params={"cmd": "heads"})
    assert re.fullmatch(r"[0-9a-f]{40}\n", heads.text)


@pytest.mark.parametrize(
    "own",
    [
        # klaus 3.0 links files as b'README.md' in a listing, wherever it is mounted.
        pytest.param("/b'", marks=of("git"), id="klaus"),
        # hgweb's breadcrumbs begin at the root of the host.
        pytest.param(r"//[\w:]+/$", marks=of("hg"), id="hgweb"),
        # Trac wants REMOTE_USER from the server for its login; the logo is a setting of it.
        pytest.param("/login$|/your_project_logo.png$", marks=of("trac"), id="trac"),
        pytest.param("^$", marks=of("packages"), id="pypiserver"),
        pytest.param("^$", marks=of("dav"), id="wsgidav"),
    ],
)
def test_no_link_of_a_page_leads_out_of_the_mount_or_nowhere_but_the_apps_own_faults(
    client: httpx.Client, mount: str, own: str
) -> None:
    found = crawl(client, mount, most=40)
    assert len(found) > 2
    rest = {link: status for link, status in found.items() if not re.search(own, link)}
    assert [link for link in rest if not f"{link}/".startswith(f"{mount}/")] == []
    assert {link: status for link, status in rest.items() if status >= 400} == {}


@of("records")
def test_a_rest_service_names_its_own_addresses_and_keeps_records(
    client: httpx.Client, mount: str
) -> None:
    root = client.get("/v1/")
    assert root.json()["url"] == f"{mount}/v1/"
    ada = httpx.BasicAuth("ada", "any")
    assert client.put("/v1/buckets/b", auth=ada).status_code in (200, 201)
    assert client.put("/v1/buckets/b/collections/c", auth=ada).status_code in (200, 201)
    for number in range(3):
        data = {"data": {"number": number}}
        client.post("/v1/buckets/b/collections/c/records", json=data, auth=ada)
    page = client.get("/v1/buckets/b/collections/c/records?_limit=1", auth=ada)
    assert page.headers["Next-Page"].startswith(f"{mount}/v1/buckets/b/collections/c/records?")


@of("cherry")
def test_cherrypys_session_lasts_and_its_redirects_stay(client: httpx.Client, mount: str) -> None:
    assert [client.get("/").text[:10] for _ in range(3)] == [
        "<p>visit 1",
        "<p>visit 2",
        "<p>visit 3",
    ]
    left = client.get(*Links(client.get("/")).found)
    assert (left.text, str(left.url)) == ("bye", f"{mount}/left")


@of("falcon")
def test_falcon_streams_takes_uploads_and_redirects(client: httpx.Client, mount: str) -> None:
    numbers = client.get("/")
    assert (str(numbers.url), len(numbers.text.split())) == (f"{mount}/numbers", 1000)
    digest = client.put("/digest", content=(FILE for _ in range(50))).json()
    assert digest["self"] == f"{mount}/digest"
    assert len(digest["sha256"]) == 64


def test_apps_of_one_host_keep_their_sessions_apart(site: Served) -> None:
    here = f"http://localhost:{site.port}"
    with visitor() as client:
        assert "visit 1" in client.get(f"{here}/cherry/").text
        client.base_url = httpx.URL(f"{here}/django")
        assert "Site administration" in log_in(client, f"{here}/django").text
        client.base_url = httpx.URL(here)
        assert client.get("/trac/").status_code == 200
        assert "visit 2" in client.get("/cherry/").text
        assert "Site administration" in client.get("/django/admin/").text


def test_every_app_is_ready_and_its_log_lines_are_its_own(site: Served) -> None:
    ready = site.get("/ready", "dispatcher.internal")
    assert set(json.loads(ready.text)["apps"].values()) == {None}
    site.get("/falcon/numbers")
    assert "falcon INFO 200 GET localhost" in site.told
