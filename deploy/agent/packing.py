"""Tell the data of a pool to a client, packed by the pool's own user."""

from __future__ import annotations

import secrets

from deploy.agent.process import Piped
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.protocol.data_words import Backup
from deploy.server.look import State
from deploy.stages.restarting import pool_of
from deploy.stages.restoring import BUT, confined


def begun(at: Layout, request: Backup, found: State) -> tuple[str, Piped]:
    """Begin to pack; return the unit, too. Raises `PlanError` for a pool that is not there."""
    live = found.installed.get(found.live or "")
    if live is None:
        raise PlanError("has no live release; run: fab deploy")
    pool_of(live, request.pool)
    folder = at.state(request.pool)
    run, *words = confined(at, request.pool, folder, "pack", {"folder": folder, "but": BUT})
    unit = f"{at.site}-pack-{secrets.token_hex(8)}.service"
    bound = f"--property=BindsTo={at.agent_service}"  # nothing goes on that nobody hears of
    return unit, Piped((run, f"--unit={unit}", bound, *words))
