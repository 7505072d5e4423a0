"""What keeps nginx's logs from filling the disk?

Debian rotates them each day, whatever their size: a flood writes more than that in an hour. The
logs of pools are in systemd's journal, which keeps to a tenth of its file system by itself.
"""

from __future__ import annotations

from deploy.acting.steps import Run, Step, Steps
from deploy.server import render
from deploy.server.look import State

CONF = "/etc/flaskyard/logs.conf"
TIMER = "flaskyard-logs.timer"
STARTS = f"/etc/systemd/system/timers.target.wants/{TIMER}"


def files() -> dict[str, str]:
    folder = "/etc/systemd/system"
    return {
        CONF: render.shared("logs.conf"),
        f"{folder}/flaskyard-logs.service": render.shared("logs.service"),
        f"{folder}/{TIMER}": render.shared("logs.timer"),
    }


def rotate(found: State) -> Steps:
    """Have them looked at from now on, and after each boot; the files are there already."""
    if found.links.get(STARTS) is not None:
        return ()
    enable = Run("systemctl", "enable", "--quiet", "--now", TIMER)
    return (Step("rotate nginx's logs when they are long", enable),)
