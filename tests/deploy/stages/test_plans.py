"""A deployment reads as a runbook: the order of its steps is held here, as text."""

from __future__ import annotations

import pytest

from deploy.errors import PlanError
from deploy.server import render
from deploy.stages import plans
from tests.deploy.sample import (
    AT,
    BUNDLE,
    OTHER_SITE,
    SITE,
    STAMP,
    A,
    B,
    ready,
    release,
    routes,
    serving,
)
from tests.deploy.stages.runbook import (
    DEPENDENCIES,
    FOLDER,
    NEW,
    TOOLS,
    deploy,
    flip,
    notes,
    rollback,
    sandbox,
    undone,
)


def test_a_redeploy_reads_as_a_runbook() -> None:
    plan = deploy(serving(B, A))

    unit = f"yard-default@{NEW}"
    hashes = (
        f'[["{"c" * 64}","flaskyard-3.tar.gz"],["{"d" * 64}","site.toml"],'
        f'["{"e" * 64}","requirements.txt"],["{"f" * 64}","wheels/flask-3-py3-none-any.whl"]]'
    )
    asked = '{"pools":[{"addresses":[["example.org",""]],"name":"default","socket":"%s",'
    asked += f'"workers":2}}],"release":"{NEW}","seconds":30}}'
    collected = (
        f'{{"environment":"{FOLDER}/venv","list":"{FOLDER}/static","place":"/srv/yard/static",'
        '"pools":[{"apps":["portal"],"name":"default",'
        f'"socket":"/run/yard/{NEW}/default.sock"}}]}}'
    )
    claimed = (
        f'{{"file":"{FOLDER}/nginx.conf","others":["/etc/nginx/conf.d",'
        '"/etc/nginx/sites-enabled"],"own":"/etc/nginx/conf.d/yard.conf"}'
    )
    alone = "'--quiet --no-config --no-cache'"
    pip = "--offline --no-index"
    assert (
        str(plan)
        == f"""\
deploy {NEW}
  1. make the release's folder
     $ sh -c 'rm -rf "$1" && mkdir -m 755 "$1"' sh {FOLDER}
  2. check the hashes of 4 files
     $ adopt '{{"files":{hashes},"folder":"{FOLDER}","incoming":"/srv/yard/incoming",\
"store":"/srv/yard/store"}}'
  3. make a folder for its dependencies
     $ sh -c 'rm -rf "$1" && install -d -o "$2" -m 755 "$1"' sh {DEPENDENCIES}.new _yard
  4. install its dependencies
     {sandbox(f"{DEPENDENCIES}.new")}"$1" venv $4 --relocatable --python /usr/bin/python3 "$2" \
&& "$1" pip install $4 --python "$2/bin/python" {pip} --require-hashes --only-binary :all: \
--find-links "$3/wheels" -r "$3/requirements.txt"' sh {TOOLS}/uv {DEPENDENCIES}.new {FOLDER} \
{alone}
  5. compile them
     {sandbox(f"{DEPENDENCIES}.new")}{{ python3 -I -m compileall -qq -j 0 "$1/lib" || true; }}' \
sh {DEPENDENCIES}.new
  6. see that all of them are root's
     $ own '{{"do":"take","folder":"{DEPENDENCIES}.new"}}'
  7. keep them for the releases to come
     $ sh -c 'sync --file-system "$1" && mv -T "$1" "$2"' sh \
{DEPENDENCIES}.new {DEPENDENCIES}
  8. make its environment
     $ cp -al {DEPENDENCIES} {FOLDER}/venv
  9. let the builder add to it
     $ own '{{"do":"give","folder":"{FOLDER}/venv","user":"_yard"}}'
 10. build the site in a sandbox
     {sandbox(f"{FOLDER}/venv")}tar -xzf "$2" && cd ./*/ && "$1/python" -P -c "$3" >&2 && \
"$1/uv" pip install $5 --python "$4/bin/python" {pip} --no-deps /tmp/*.whl' sh \
{TOOLS} {FOLDER}/flaskyard-3.tar.gz \
'from setuptools.build_meta import build_wheel; build_wheel('"'"'/tmp'"'"')' {FOLDER}/venv {alone}
 11. see that all of it is root's
     $ own '{{"do":"take","folder":"{FOLDER}/venv"}}'
 12. write its nginx configuration
     $ write {FOLDER}/nginx.conf ({len(render.nginx(SITE, AT)[0].encode())} bytes, mode 644)
 13. name its pools
     $ write {FOLDER}/pools (8 bytes, mode 644)
 14. name its routes
     $ write {FOLDER}/routes (12 bytes, mode 644)
 15. bring it to the disk
     $ sync --file-system {FOLDER}
 16. write its manifest
     $ write {FOLDER}/release.json (473 bytes, mode 644)
 17. see that its host names are no other's
     $ claims '{claimed}'
 18. start its pools
     $ sh -c 'systemctl reset-failed "$@" 2>/dev/null; systemctl start "$@" && exit; code=$?; \
for unit; do journalctl --unit "$unit" --lines 20 --output cat --no-pager; done; exit $code' sh \
{unit}.socket {unit}.service
 19. ask every worker and every app
     $ ask '{asked % f"/run/yard/{NEW}/default.sock"}'
 20. collect its static files
     $ collect '{collected}'
 21. see that its pools still run
     $ sh -c 'states=$(systemctl is-active "$@"); [ "$(echo "$states" | sort -u)" = active ] || \
{{ echo "its pools are:" $states; exit 1; }}' sh {unit}.service
 22. note that it begins
     $ write /srv/yard/publishing (24 bytes, mode 644)
 23. go live
     $ {flip(release(NEW, ""))}
 24. ask every app through nginx
     $ ask '{asked % ""}'
 25. stop {B.id} in 5 minutes
     $ sh -c 'timer=$1 seconds=$2 about=$3; shift 3; systemctl stop "$timer.timer" 2>/dev/null; \
systemd-run --quiet --collect --unit="$timer" --on-active="$seconds" --description="$about" \
systemctl stop "$@"' sh yard-retire-{B.id} 300 'yard: stop {B.id}' \
yard-default@{B.id}.service yard-default@{B.id}.socket
 26. note that it is done
     $ rm -f /srv/yard/publishing"""
    )


def test_a_redeploy_is_taken_back_to_the_release_that_was_live() -> None:
    plan = deploy(serving(B, A))

    links, mark, stop = undone(plan.publish)
    assert (links, mark) == (flip(B), "rm -f /srv/yard/publishing")
    assert "systemctl stop" in stop
    assert undone(plan.prepare)[-1] == f"rm -rf {FOLDER}"


def test_a_first_deploy_shows_nginx_its_configuration() -> None:
    plan = deploy(ready())

    assert notes(plan.publish) == [
        "see that its host names are no other's",
        "check nginx",
        "see that its pools still run",
        "note that it begins",
        "go live",
        "let nginx read it",
        "reload nginx",
        "ask every app through nginx",
    ]
    assert notes(plan.tidy) == ["note that it is done"]


def test_a_first_deploy_that_fails_leaves_the_server_as_bootstrap_did() -> None:
    link, links, reload, stop = undone(deploy(ready()).publish)

    assert link == "rm -f /etc/nginx/conf.d/yard.conf"
    assert links == f"rm -f /srv/yard/live/{routes()} /srv/yard/current"
    assert "nginx -s reload" in reload
    assert reload.endswith(f""" && rm -f "$@"' sh /srv/yard/live/{routes()} /srv/yard/publishing""")
    assert "systemctl stop" in stop


def test_what_visitors_were_sent_to_may_end_their_requests_and_what_they_were_not_is_killed() -> (
    None
):
    plan = deploy(serving(B))

    assert "kill" in undone(plan.prepare)[1]
    assert "kill" not in undone(plan.publish)[-1]


def test_changed_routes_reload_nginx_after_the_links_and_when_taken_back_too() -> None:
    old = release(A.id, A.installed, routed="0123456789ab")
    plan = deploy(serving(old))

    assert notes(plan.publish) == [
        "see that its host names are no other's",
        "check nginx",
        "see that its pools still run",
        "note that it begins",
        "go live",
        "reload nginx",
        "ask every app through nginx",
    ]
    back, reload, _ = undone(plan.publish)
    assert back == flip(old)
    assert reload.endswith(f"/srv/yard/live/{routes()} /srv/yard/publishing")
    assert "remove links of routes from before" in notes(plan.tidy)


def test_a_configuration_of_nginx_that_was_broken_before_is_found_before_anything() -> None:
    claims, check, *_ = deploy(ready()).publish

    assert (check.note, claims.undo, check.undo) == ("check nginx", None, None)


def test_host_names_are_claimed_before_anything_starts_and_again_before_it_goes_live() -> None:
    plan = deploy(ready())
    claim = "see that its host names are no other's"

    assert notes(plan.prepare).index(claim) < notes(plan.prepare).index("start its pools")
    assert notes(plan.publish)[0] == claim
    elsewhere = release(A.id, A.installed, routed="0123456789ab")
    assert claim in notes(rollback(serving(B, elsewhere)).publish)
    assert claim not in notes(rollback(serving(B, A)).publish), "of the same routes nothing is new"


def test_a_release_that_is_live_is_not_deployed_again() -> None:
    plan = deploy(serving(release(NEW, STAMP.time), A))

    assert tuple(plan) == ()
    assert str(plan) == f"deploy {NEW}: it is live already"


def test_a_release_that_is_installed_is_not_installed_again() -> None:
    plan = deploy(serving(B, release(NEW, STAMP.time)))

    assert notes(plan.prepare) == [
        "start its pools",
        "ask every worker and every app",
        "collect its static files",
    ]


def test_an_interrupted_cutover_is_done_again_and_nginx_reloaded() -> None:
    found = serving(release(NEW, STAMP.time), A, running=(A.id, NEW), publishing=True)

    plan = deploy(found)

    assert "reload nginx" in notes(plan.publish)
    assert notes(plan.tidy) == [f"stop {A.id}", "note that it is done"]
    assert not any("systemctl stop" in undo for undo in undone(plan.prepare)), "it is live"


def test_a_new_pool_gets_its_user_and_units_and_they_are_taken_back_last() -> None:
    plan = plans.deploy(AT, OTHER_SITE, BUNDLE, serving(B), STAMP)

    there = notes(plan.prepare)
    assert "make the user yard-files" in there
    assert "let nginx into the group of yard-files" in there
    assert "write /etc/systemd/system/yard-files@.service" in there
    taken_back = undone(plan.prepare)
    static, stop, *_, reload, group, user, dependencies, folder = taken_back
    assert static.startswith("collect")
    assert "systemctl stop" in stop
    assert reload == "systemctl daemon-reload"
    assert group == """sh -c 'gpasswd --delete www-data "$1" > /dev/null' sh yard-files"""
    assert user == (
        """sh -c '! getent passwd "$1" > /dev/null || test -e "$2" || userdel "$1"' sh """
        "yard-files /var/lib/yard/files"
    ), "who has data stays: the next user made would get its number, and the data with it"
    assert dependencies == f"rm -rf {DEPENDENCIES}.new {DEPENDENCIES}"
    assert folder == f"rm -rf {FOLDER}"


def test_a_live_release_without_its_manifest_stops_everything() -> None:
    broken = serving(B, A).model_copy(update={"releases": {A.id: A, B.id: None}})

    with pytest.raises(PlanError, match=f"its live release {B.id} has lost its manifest"):
        deploy(broken)
