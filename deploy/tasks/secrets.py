"""Set the secrets that ``{secret:NAME}`` stands for in site.toml, on all servers."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from deploy.errors import DeployError
from deploy.tasks.options import show, told
from deploy.tasks.project import ROOT, linked, pool_of, registry, serving

if TYPE_CHECKING:
    from deploy.protocol.words import Intention
    from dispatcher.registry.site import Site


@told("name", "app", "env", "plan")
def secrets_set(context: Any, name: str, app: str, env: str = "", plan: bool = False) -> None:
    """Set a secret of an app: what is typed, unseen, or comes on stdin.

    {secret:NAME} stands for it in the app's args, config and env in site.toml. What runs keeps
    what it has until `fab restart` of its pool, or the next deploy.
    """
    from pydantic import SecretStr

    from deploy.fleet import session
    from deploy.protocol.secret_words import SetSecret

    site = registry(env)
    refuse_unknown(site, app, name)
    value = "not asked for" if plan else asked(name, app)
    intention = SetSecret(app=app, name=name, value=SecretStr(value), stamp=session.stamp())
    carry_out(context, site, intention, f"{name} of {app} is set; {follows(site, app)}", plan)


@told("name", "app", "env", "plan")
def secrets_remove(context: Any, name: str, app: str, env: str = "", plan: bool = False) -> None:
    """Forget a secret of an app; releases that were deployed with it keep it until pruned."""
    from deploy.fleet import session
    from deploy.protocol.secret_words import RemoveSecret

    site = registry(env)
    refuse_unknown(site, app, name, known=False)
    intention = RemoveSecret(app=app, name=name, stamp=session.stamp())
    carry_out(context, site, intention, f"{name} of {app} is forgotten", plan)


@told("env", "only", "json", "limit")
def secrets_list(
    context: Any, env: str = "", only: str = "", json: bool = False, limit: str = ""
) -> None:
    """List the secrets of apps, without showing them, and those that are missing.

    Exits with 1 where site.toml names one that is not set on all servers.
    """
    from deploy.reports import secrets

    site = registry(env)
    with linked(site, serving(site, only), context, limit=limit) as fleet:
        rows = secrets.rows(site, fleet.each(lambda link: link.look()))
    show(rows, secrets.table, json)
    if any(row["used"] and row["missing"] for row in rows):
        sys.exit(1)


@told("env", "plan")
def secrets_rotate(context: Any, env: str = "", plan: bool = False) -> None:
    """Give all servers a new master key, of which each app's secret is made.

    The next release that is deployed signs with it. What was signed with the two keys
    before it, sessions and links, is still taken.
    """
    from pydantic import SecretStr

    from deploy.fleet import doing, keys, session
    from deploy.fleet.console import Live
    from deploy.protocol.words import Rotate

    site = registry(env)
    with Live() as live, linked(site, serving(site), context) as fleet:
        intention = Rotate(key=SecretStr(keys.fresh()), stamp=session.stamp())
        if plan:
            doing.show(fleet, intention, live)
        elif doing.do(fleet, intention, live):
            live.say("The next release that is deployed signs with the new key.")


def follows(site: Site, app: str) -> str:
    """Say how what runs gets it."""
    return f"next: fab deploy, or for what is live: fab restart {pool_of(site, app)}"


def carry_out(context: Any, site: Site, intention: Intention, said: str, plan: bool) -> None:
    from deploy.building import build
    from deploy.fleet import doing, session
    from deploy.fleet.console import Live

    with Live() as live, linked(site, serving(site), context) as fleet:
        session.refuse_other_agents(fleet, build.agent_name(ROOT))
        if plan:
            doing.show(fleet, intention, live)
        elif doing.do(fleet, intention, live):
            live.say(said)


def refuse_unknown(site: Site, app: str, name: str, *, known: bool = True) -> None:
    """Raise `DeployError` for a name that cannot be, and unless ``known`` for an app not there."""
    from dispatcher.registry.placeholders import SECRET_NAME

    if not SECRET_NAME.fullmatch(name):
        raise DeployError(
            f"{name!r} is no name of a secret; write letters, digits and _, as API_KEY"
        )
    try:
        site.app(app)
    except LookupError as error:
        if known:
            raise DeployError(str(error.args[0])) from None


def asked(name: str, app: str) -> str:
    """Return what a person types, unseen, or all of stdin but a last line's end.

    Raises `DeployError` for what cannot be a secret.
    """
    from dispatcher.keys.own import fault_of_secret

    if sys.stdin.isatty():
        value = getpass(f"{name} of {app}: ")
    else:
        try:
            value = sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise DeployError("what was given is not UTF-8") from None
    if fault := fault_of_secret(value):
        raise DeployError(f"what was given {fault}")
    return value
