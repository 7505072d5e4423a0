"""Secrets that people set are kept encrypted, handed to who needs them, and shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Plan, Run, Script, Seal
from deploy.errors import PlanError
from deploy.reports import secrets
from deploy.server.look import SecretFound, State, VaultFound, look
from deploy.stages import plans, vault
from dispatcher.registry.site import App, Site
from tests.deploy.agent.there import There
from tests.deploy.sample import AT, BUNDLE, OTHER_SITE, SITE, STAMP, A, B, ready, serving

VALUE = "v4lue of\ntwo lines"
STAND_IN = """\
#!/bin/sh
# Stands in for systemd-creds(1), whose key is root's: turns letters around.
if [ "$1" = decrypt ]; then exec tr a-zA-Z n-za-mN-ZA-M < "$3"; fi
[ "$4" = - ] || exec > "$4"
exec tr a-zA-Z n-za-mN-ZA-M
"""

FOUND = SecretFound(made=STAMP.time, by=STAMP.by)
KEPT = VaultFound(run="1" * 16, time=STAMP.time, names={"portal": {"API_KEY": FOUND}})


def naming(site: Site, app: str, *names: str) -> Site:
    """Return the site with secrets named in what an app is given."""
    given = {name: f"{{secret:{name}}}" for name in names}
    apps = (replace(one, config=given) if one.name == app else one for one in site)
    return replace(site, apps=tuple(apps))


def kept(state: State, **more: object) -> State:
    return state.model_copy(update={"vault": KEPT, **more})


def test_a_plan_shows_no_secret(tmp_path: Path) -> None:
    plan = vault.put(AT, "portal", "API_KEY", VALUE, STAMP, ready())

    assert "v4lue" not in str(plan)
    assert "v4lue" not in repr(plan)
    assert "encrypt into /etc/flaskyard/yard/secrets.next" in str(plan)


def test_a_deployment_without_a_secret_it_needs_says_how_to_set_it() -> None:
    site = naming(SITE, "portal", "API_KEY", "OTHER")

    with pytest.raises(PlanError, match=r"not set; run: fab secrets-set OTHER --app portal$"):
        plans.deploy(AT, site, BUNDLE, kept(serving(A)), STAMP)
    with pytest.raises(PlanError, match=r"set API_KEY --app portal; fab secrets-set OTHER"):
        plans.deploy(AT, site, BUNDLE, serving(A), STAMP)


def test_each_pool_is_handed_what_its_own_apps_name() -> None:
    site = naming(OTHER_SITE, "portal", "API_KEY")
    (step,) = vault.hand(AT, site, BUNDLE.id, kept(ready()))

    assert isinstance(step.do, Script)
    assert '"pools":{"default":{"portal":["API_KEY"]}}' in step.do.input


def test_secrets_are_handed_before_the_pools_start_and_taken_back_where_that_fails() -> None:
    plan = plans.deploy(AT, naming(SITE, "portal", "API_KEY"), BUNDLE, kept(serving(A)), STAMP)

    notes = [step.note for step in plan.prepare]
    step = plan.prepare[notes.index("hand its secrets to its pools")]
    assert notes.index(step.note) < notes.index("start its pools")
    assert isinstance(step.undo, Run)
    assert step.undo.argv[-1] == f"/etc/flaskyard/yard/releases/{BUNDLE.id}"


def test_a_site_that_names_no_secret_has_no_step_for_them() -> None:
    plan = plans.deploy(AT, SITE, BUNDLE, kept(serving(A)), STAMP)

    assert "secrets" not in str(plan)


def test_a_release_that_has_other_secrets_is_started_anew() -> None:
    site = naming(SITE, "portal", "API_KEY")
    again = BUNDLE.model_copy(update={"id": A.id})
    found = kept(serving(B, A, running=(A.id, B.id)), handed={A.id: "0" * 16})

    changed = plans.deploy(AT, site, again, found, STAMP)
    same = plans.deploy(
        AT, site, again, found.model_copy(update={"handed": {A.id: KEPT.run}}), STAMP
    )

    notes = [step.note for step in changed]
    assert notes.index("stop what was left of it") < notes.index("hand its secrets to its pools")
    assert "forget secrets it had before" in notes
    assert "hand its secrets to its pools" not in [step.note for step in same]


def test_what_cannot_be_a_secret_is_refused() -> None:
    with pytest.raises(PlanError, match="has a NUL"):
        vault.put(AT, "portal", "API_KEY", "a\0", STAMP, ready())


def test_a_secret_that_is_not_there_is_told_with_those_there_are() -> None:
    with pytest.raises(PlanError, match="has no secret OTHER of portal; those it has: API_KEY"):
        vault.remove(AT, "portal", "OTHER", STAMP, kept(ready()))


def test_secrets_that_cannot_be_read_are_told_with_what_to_do() -> None:
    broken = ready().model_copy(update={"vault": VaultFound(fault="no key")})

    with pytest.raises(PlanError, match=r"no key; `fab bootstrap` brings .* remove /etc/flask"):
        vault.put(AT, "portal", "API_KEY", VALUE, STAMP, broken)


class Server(Here):
    """A server that shows its secrets to root."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:  # noqa: ARG002
        assert argv == ("systemd-creds", "decrypt", "--name=secrets", AT.vault, "-")
        return Outcome(0, f'{{"changed":{{"run":"{self.name * 16}"}},"apps":{{}}}}', "")


def test_a_server_gets_what_the_others_changed_last() -> None:
    older = VaultFound(run="1" * 16, time="2026-11-20T12:00:00+00:00")
    newer = VaultFound(run="2" * 16, time="2026-11-21T12:00:00+00:00")
    vaults = {"1": older, "2": newer, "3": None, "4": VaultFound(fault="no key")}
    fleet = {
        Server(name): ready().model_copy(update={"vault": one}) for name, one in vaults.items()
    }

    text = vault.common(AT, fleet)

    assert text is not None
    assert "2" * 16 in text
    asked = {
        server.name: [step.do for step in vault.copied(AT, text, state)]
        for server, state in fleet.items()
    }
    assert asked == {"1": [Seal(AT.vault, text)], "2": [], "3": [Seal(AT.vault, text)],
                     "4": [Seal(AT.vault, text)]}  # fmt: skip
    assert "2" * 16 not in repr(asked)


@pytest.mark.parametrize("one", [None, KEPT])
def test_servers_that_have_the_same_are_left_alone(one: VaultFound | None) -> None:
    fleet = {Server(name): ready().model_copy(update={"vault": one}) for name in "12"}

    assert vault.common(AT, fleet) is None


def test_the_list_names_what_is_set_where_and_what_for() -> None:
    site = naming(SITE, "portal", "API_KEY", "OTHER")
    found = {"web1": kept(ready()), "web2": ready()}

    rows = secrets.rows(site, found)

    assert [(row["secret"], row["set"], row["used"], row["missing"]) for row in rows] == [
        ("API_KEY", STAMP.time, True, ["web2"]),
        ("OTHER", None, True, ["web1", "web2"]),
    ]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> There:
    """Give a server of its own, whose systemd-creds needs no root."""
    (tmp_path / "bin").mkdir()
    creds = tmp_path / "bin" / "systemd-creds"
    creds.write_text(STAND_IN)
    creds.chmod(0o755)
    monkeypatch.setenv("PATH", f"{creds.parent}:{os.environ['PATH']}")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "home").mkdir()
    return There("yard", str(tmp_path))


def do(plan: Plan) -> None:
    for step in plan:
        outcome = perform(step.do, Here())
        assert outcome.exit_code == 0, outcome


def undo(plan: Plan) -> None:
    for step in reversed((*plan.prepare, *plan.publish)):
        if step.undo:
            assert perform(step.undo, Here()).exit_code == 0


def found(at: There) -> State:
    return look(at, Here())


def put(at: There, name: str, value: str) -> Plan:
    stamp = STAMP.model_copy(update={"run": f"{ord(value[0]):016x}"})
    return vault.put(at, "portal", name, value, stamp, found(at))


def test_what_was_set_is_found_by_name_and_is_in_no_file_as_it_is(at: There) -> None:
    do(put(at, "API_KEY", VALUE))

    state = found(at)
    assert state.vault is not None
    assert state.vault.names["portal"]["API_KEY"] == FOUND
    files = [path for path in Path(at.secrets).rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["secrets"]
    assert "v4lue" not in files[0].read_text()
    assert files[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda at: put(at, "API_KEY", "another"),
        lambda at: put(at, "NEW", "another"),
        lambda at: vault.remove(at, "portal", "API_KEY", STAMP, found(at)),
    ],
    ids=["set anew", "add", "remove"],
)
def test_a_change_that_is_taken_back_leaves_what_was(
    at: There, change: Callable[[There], Plan]
) -> None:
    do(put(at, "API_KEY", VALUE))
    before = found(at).vault

    plan = change(at)
    do(replace(plan, tidy=()))
    assert found(at).vault != before
    undo(plan)

    assert found(at).vault == before
    assert [path.name for path in Path(at.secrets).iterdir()] == ["secrets"]


def test_a_change_that_fails_does_not_bring_back_what_was_before_the_one_before(at: There) -> None:
    do(put(at, "API_KEY", "first"))
    do(replace(put(at, "API_KEY", "second"), tidy=()))  # the power failed before the last step
    before = found(at).vault
    plan = put(at, "API_KEY", "third")

    do(replace(plan, publish=(), tidy=()))
    undo(plan)

    assert found(at).vault == before


def test_pools_are_handed_their_own_and_a_release_keeps_what_it_was_given(at: There) -> None:
    site = naming(OTHER_SITE, "portal", "API_KEY")
    do(put(at, "API_KEY", VALUE))
    folder = Path(at.handed(A.id))

    def hand() -> Plan:
        return Plan("hand", vault.hand(at, site, A.id, found(at)))

    do(hand())
    first = (folder / "default").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == [".run", "default"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert tuple(hand()) == (), "it has them already"

    do(put(at, "API_KEY", "another"))
    assert (folder / "default").read_bytes() == first
    again = hand()
    do(again)
    assert (folder / "default").read_bytes() != first
    undo(again)
    assert (folder / "default").read_bytes() == first


def test_a_pool_of_what_runs_can_have_what_is_set_now_and_again_what_it_had(at: There) -> None:
    site = naming(naming(OTHER_SITE, "portal", "API_KEY"), "files", "API_KEY")
    folder = Path(at.handed(A.id))
    do(put(at, "API_KEY", VALUE))
    stamp = STAMP.model_copy(update={"run": "f" * 16})
    do(vault.put(at, "files", "API_KEY", "of files", stamp, found(at)))
    do(Plan("hand", vault.hand(at, site, A.id, found(at))))
    handed = {pool: (folder / pool).read_bytes() for pool in ("default", "files")}

    def anew(pool: str) -> Plan:
        steps, tidy = vault.anew(at, A.id, pool, found(at))
        return Plan("anew", steps, tidy=tidy)

    assert tuple(anew("default")) == (), "it has them already"
    do(put(at, "API_KEY", "another"))
    broken = anew("default")
    do(replace(broken, tidy=()))
    assert (folder / "default").read_bytes() != handed["default"]
    assert b"portal" not in (folder / "default").read_bytes(), "it is encrypted"
    for _ in range(2):
        undo(broken)
        assert (folder / "default").read_bytes() == handed["default"]

    do(anew("default"))
    assert (folder / "files").read_bytes() == handed["files"]
    assert tuple(anew("files")) == (), "there is nothing new for any other"
    assert sorted(path.name for path in folder.iterdir()) == [".run", "default", "files"]

    do(vault.remove(at, "portal", "API_KEY", STAMP, found(at)))
    had = (folder / "default").read_bytes()
    do(anew("default"))
    assert (folder / "default").read_bytes() == had, "what runs keeps one that was removed"


def test_a_pool_without_secrets_needs_no_file() -> None:
    site = replace(SITE, apps=(App("portal", "a:b", SITE.apps[0].addresses),))

    assert vault.hand(AT, site, A.id, kept(ready())) == ()
