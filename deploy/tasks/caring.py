"""Care for servers between deployments."""

from __future__ import annotations

from typing import Any

from deploy.tasks.options import told
from deploy.tasks.project import linked, registry


@told("env", "plan")
def rotate(context: Any, env: str = "", plan: bool = False) -> None:
    """Give all servers a new master key, of which each app's secret is made.

    The next release that is deployed signs with it. What was signed with the two keys
    before it, sessions and links, is still taken.
    """
    from pydantic import SecretStr

    from deploy import doing, keys, session
    from deploy.agent.words import Rotate
    from deploy.console import Live

    site = registry(env)
    with Live() as live, linked(site, "", context) as fleet:
        intention = Rotate(key=SecretStr(keys.fresh()), stamp=session.stamp())
        if plan:
            doing.show(fleet, intention, live)
        elif doing.do(fleet, intention, live):
            live.say("The next release that is deployed signs with the new key.")
