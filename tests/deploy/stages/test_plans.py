"""Plans read as runbooks: the order of a deployment is held here, as text."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from deploy.acting.steps import Plan, Steps
from deploy.errors import PlanError
from deploy.release import Release
from deploy.server import render
from deploy.server.look import State
from deploy.server.sandbox import LIMITS
from deploy.stages import plans
from tests.deploy.sample import (
    AGENT,
    AT,
    BARE,
    BUILT,
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

NEW = BUNDLE.id
FOLDER = f"/srv/yard/releases/{NEW}"
DEPENDENCIES = "/srv/yard/environments/eeeeeeeeeeee-py3.11.2"
TOOLS = "/srv/yard/agent/venv/bin"


def deploy(found: State) -> Plan:
    return plans.deploy(AT, SITE, BUNDLE, found, STAMP)


def rollback(found: State, to: str = "") -> Plan:
    return plans.rollback(AT, found, plans.goal(found, to))


def notes(steps: Steps) -> list[str]:
    return [step.note for step in steps]


def undone(steps: Steps) -> list[str]:
    """Return how the steps are taken back, newest first."""
    return [str(step.undo) for step in reversed(steps) if step.undo]


FLIP = (
    """sh -c 'home=$1; shift; while [ $# -gt 0 ]; do ln -sfn "$1" "$2.new" && """
    """mv -T "$2.new" "$2" || exit; shift 2; done; sync "$home"' sh /srv/yard"""
)


def flip(to: Release) -> str:
    return (
        f"{FLIP} /run/yard/{to.id} /srv/yard/live/{to.routes} "
        f"/srv/yard/releases/{to.id} /srv/yard/current"
    )


def sandbox(writable: str) -> str:
    """Return how a script begins that runs as the builder."""
    limits = (*LIMITS, "User=_yard", f"ReadWritePaths={writable}")
    words = shlex.join(f"--property={limit}" for limit in limits)
    run = f"systemd-run --quiet --wait --pipe --collect {words}"
    return f"$ {run} sh -c 'export HOME=/tmp && cd /tmp && "


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
     $ write {FOLDER}/release.json (458 bytes, mode 644)
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


def test_dependencies_that_the_server_has_are_not_installed_again() -> None:
    plan = deploy(serving(B, environments=(Path(DEPENDENCIES).name,)))

    there = notes(plan.prepare)
    assert "install its dependencies" not in there
    assert "make its environment" in there
    assert undone(plan.prepare)[-1] == f"rm -rf {FOLDER}", "they stay, others may use them"


def test_dependencies_are_installed_anew_for_another_lock_or_python() -> None:
    found = serving(B, environments=(Path(DEPENDENCIES).name,))
    other = BUNDLE.requirements.model_copy(update={"sha256": "0" * 64})
    lock = BUNDLE.model_copy(update={"requirements": other})

    for plan in (
        plans.deploy(AT, SITE, lock, found, STAMP),
        deploy(found.model_copy(update={"python": "3.13.5"})),
    ):
        assert "install its dependencies" in notes(plan.prepare)


def test_what_an_interrupted_installation_left_is_cleared_first() -> None:
    found = serving(B, running=(B.id, NEW), incomplete=(NEW,))

    plan = deploy(found)

    assert notes(plan.prepare)[:2] == ["stop what was left of it", "make the release's folder"]


def test_files_of_the_agent_that_the_server_has_do_not_travel() -> None:
    kept = tuple(file.kept for file in AGENT.files if file is not AGENT.code)

    assert "upload 1 files, 1 kB" in bootstrapped(store=kept)


def test_a_file_kept_under_another_name_travels() -> None:
    assert "upload 3 files, 20.0 MB" in bootstrapped(store=(f"{AGENT.code.sha256}/else.zip",))


def test_uploads_that_were_cut_off_are_removed_before_the_next() -> None:
    there = bootstrapped(incoming=("half",))

    upload = there.index("upload 3 files, 20.0 MB")
    assert there[upload - 1] == "remove uploads that were left over"


def bootstrapped(**found: object) -> list[str]:
    state = BARE.model_copy(update=found)
    return notes(tuple(plans.bootstrap(AT, SITE, BUILT, state, "ada")))


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


def test_a_rollback_reads_as_a_runbook() -> None:
    plan = rollback(serving(B, A, running=(A.id, B.id), timers=(A.id,)))

    assert str(plan).splitlines()[0] == f"roll back from {B.id} to {A.id}"
    assert notes(tuple(plan)) == [
        "keep it from being stopped",
        "start its pools",
        "ask every worker and every app",
        "see that its pools still run",
        "note that it begins",
        "go live",
        "ask every app through nginx",
        f"stop {B.id} in 5 minutes",
        "note that it is done",
    ]


def test_a_rollback_that_fails_leaves_the_warm_release_warm_for_its_time() -> None:
    plan = rollback(serving(B, A, running=(A.id, B.id), timers=(A.id,)))

    (timer,) = undone(plan.prepare)
    assert "systemd-run" in timer
    assert f"yard-retire-{A.id} 300" in timer


def test_a_rollback_names_a_release_or_goes_to_what_was_live_before() -> None:
    c = release("20261121T090000-ddddddd", "2026-11-21T09:00:00+00:00", after=B.id)
    bad_between = release("20261121T110000-eeeeeee", "2026-11-21T11:00:00+00:00", after=B.id)

    assert plans.goal(serving(c, A, B)).id == B.id
    assert plans.goal(serving(c, A, B), A.id).id == A.id
    assert plans.goal(serving(bad_between, A, B, c)).id == B.id, "c was rolled back from"
    assert plans.goal(serving(c, A)).id == A.id, "B is gone"


@pytest.mark.parametrize(
    ("found", "to", "message"),
    [
        (ready(), "", "has no live release to roll back from; run: fab deploy"),
        (serving(A), "", f"has no release from before {A.id}; others it has: none"),
        (serving(B, A), "nope", f"has no release 'nope'; others it has: {A.id}"),
    ],
    ids=["nothing live", "nothing before", "no such release"],
)
def test_a_rollback_to_nowhere_names_what_there_is(found: State, to: str, message: str) -> None:
    with pytest.raises(PlanError) as raised:
        plans.goal(found, to)

    assert str(raised.value) == message


def test_a_rollback_to_the_live_release_does_nothing() -> None:
    plan = rollback(serving(B, A), B.id)

    assert tuple(plan) == ()
    assert str(plan) == f"roll back to {B.id}: it is live already; others it has: {A.id}"


def test_bootstrap_of_a_bare_host_reads_as_a_runbook() -> None:
    plan = plans.bootstrap(AT, SITE, BUILT, BARE, "ada", "the master keys")

    assert plan.stays, "what is done stays after a failure"
    assert notes(tuple(plan)) == [
        "make a folder for what nginx may do",
        "see that systemd can read units",
        "write /etc/systemd/system/nginx.service.d/flaskyard.conf",
        "let systemd read them",
        "refresh Debian's package lists",
        "install logrotate, nginx, procps, python3, sudo, libnginx-mod-http-brotli-static",
        "make /srv/yard",
        "make /srv/yard/store",
        "make /srv/yard/environments",
        "make /srv/yard/releases",
        "make /srv/yard/live",
        "make /srv/yard/maintenance",
        "make /srv/yard/incoming",
        "make /var/lib/flaskyard/yard",
        "make /etc/flaskyard/yard",
        "make /etc/flaskyard/yard/releases",
        "make the user _yard",
        "make the user yard-default",
        "let nginx into the group of yard-default",
        "write /etc/flaskyard/yard/keys",
        "make the pools' keys",
        "make the agent's folder",
        "upload 3 files, 20.0 MB",
        "check the hashes of 3 files",
        "unpack uv",
        "make its environment",
        "install what it needs",
        "install the agent",
        "compile all",
        "let it be asked",
        "use it",
        "let systemd start it anew",
        "make the user ada, with your SSH keys",
        "write what the SSH user may do",
        "let it",
        "write /etc/sysctl.d/60-flaskyard.conf",
        "have the kernel protect links",
        "let nginx hold more connections",
        "reload nginx",
        "make nginx's folder",
        "write /etc/nginx/flaskyard/brotli.conf",
        "write /etc/nginx/flaskyard/answer.conf",
        "write /etc/nginx/flaskyard/download.conf",
        "write /etc/nginx/flaskyard/own.conf",
        "write /etc/nginx/flaskyard/pages.conf",
        "write /etc/nginx/flaskyard/proxy.conf",
        "write /etc/nginx/flaskyard/static.conf",
        "write /etc/nginx/flaskyard/acme.conf",
        "write /etc/nginx/conf.d/00-flaskyard.conf",
        "take Debian's page away",
        "start nginx",
        "see that systemd can read units",
        "write /etc/flaskyard/logs.conf",
        "write /etc/systemd/system/flaskyard-logs.service",
        "write /etc/systemd/system/flaskyard-logs.timer",
        "let systemd read them",
        "rotate nginx's logs when they are long",
        "write /srv/yard/boot",
        "see that systemd can read units",
        "write /etc/systemd/system/yard.service",
        "write /etc/systemd/system/flaskyard-agent@.socket",
        "write /etc/systemd/system/flaskyard-agent@.service",
        "write /etc/systemd/system/flaskyard-tls@.service",
        "write /etc/systemd/system/flaskyard-tls@.timer",
        "write /etc/systemd/system/yard-default@.socket",
        "write /etc/systemd/system/yard-default@.service",
        "let systemd read them",
        "start the site at boot",
        "let the agent listen",
    ]
    assert "install -d -o root -m 700 /srv/yard/incoming" in str(plan)
    assert "install -d -o root -m 700 /etc/flaskyard/yard" in str(plan)
    assert "write /etc/flaskyard/yard/keys (15 bytes, mode 600)" in str(plan)
    assert "master keys" not in str(plan) + repr(plan)


def test_bootstrap_of_a_ready_host_does_nothing() -> None:
    assert tuple(plans.bootstrap(AT, SITE, BUILT, ready(), "deploy")) == ()


def test_bootstrap_starts_an_nginx_that_died() -> None:
    units = {**ready().units, "nginx.service": {"ActiveState": "failed"}}
    dead = ready().model_copy(update={"units": units})

    plan = plans.bootstrap(AT, SITE, BUILT, dead, "deploy")

    assert notes(tuple(plan)) == ["start nginx"]


def test_a_server_that_bootstrap_has_not_been_to_is_told_so() -> None:
    with pytest.raises(PlanError, match=r"is not ready for this version .*: fab bootstrap"):
        deploy(BARE)


def test_servers_are_not_rolled_back_to_different_releases() -> None:
    assert plans.common({"web1": A, "web2": A}) == A
    with pytest.raises(PlanError, match=f"web1 to {A.id}, web2 to {B.id}.*name one with --to"):
        plans.common({"web1": A, "web2": B})


def test_a_live_release_without_its_manifest_stops_everything() -> None:
    broken = serving(B, A).model_copy(update={"releases": {A.id: A, B.id: None}})

    with pytest.raises(PlanError, match=f"its live release {B.id} has lost its manifest"):
        deploy(broken)
