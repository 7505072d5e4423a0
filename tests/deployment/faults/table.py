"""The faults, how each is injected, and how it must end: the table of docs/faults.md.

``python -m tests.deployment.faults.table`` writes it from here, and a test holds it equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.deployment.project import MARKER_APP, Project
from tests.lab.host import Host
from tests.lab.lab import Lab

PAGE_MD = Path(__file__).parents[3] / "docs" / "faults.md"

DROP_IN = "/etc/systemd/system/yard-default@.service.d/fault.conf"
SPARE = "/var/tmp/spare"


class End(Enum):
    """How a deployment ends, on every server alike."""

    REFUSED = "refused, nothing was begun"
    OLD = "taken back: the old release, untouched"
    SHORT = "taken back: the old release; visitors met the new one for a moment"
    NEW = "the new release"


Inject = Callable[[Lab, Host, Project], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a server, or of a release."""

    what: str
    inject: Inject
    end: End
    says: str = ""
    """What the person who deploys reads."""

    heal: tuple[str, ...] = ()
    """What makes the server well again, run by a shell."""

    words: tuple[str, ...] = ()
    """More words for `fab deploy`."""


def app(text: str) -> Inject:
    """Put lines into the app, before it is asked for anything."""

    def inject(lab: Lab, host: Host, project: Project) -> None:
        path = project.folder / "apps" / "marker.py"
        path.write_text(f"{MARKER_APP.format(version='broken')}\n\n{text}")

    return inject


def host(script: str) -> Inject:
    """Run a script on the server, as root, before anything is deployed."""

    def inject(lab: Lab, host: Host, project: Project) -> None:
        lab.run(host, "sh", "-ec", script)

    return inject


def drop_in(text: str) -> Inject:
    """Have systemd start the pools in another way."""
    folder = DROP_IN.rpartition("/")[0]
    return host(f"mkdir -p {folder}; printf '{text}' > {DROP_IN}; systemctl daemon-reload")


WELL_UNITS = (f"rm -rf {DROP_IN.rpartition('/')[0]}; systemctl daemon-reload",)
WRAPPED = """\
sound = application


def application(environ, start_response):
    if {when}:
        raise RuntimeError("broken on purpose")
    return sound(environ, start_response)
"""
FULL = (
    f"free=$(df --output=avail -B1 / | tail -1); fallocate -l $((free - 200000000)) {SPARE}; sync"
)

FAULTS = {
    "broken at import": Fault(
        "a release broken at import", app("import no_such_module\n"), End.OLD, "no_such_module"
    ),
    "one worker": Fault(
        "a release broken at import in one of its workers",
        app(
            "import os\n\ntry:\n    os.close(os.open('/tmp/first', os.O_CREAT | os.O_EXCL))\n"
            "except FileExistsError:\n    pass\nelse:\n    raise RuntimeError('the first of us')\n"
        ),
        End.OLD,
        "the first of us",
    ),
    "one app": Fault(
        "a release of which one app answers with errors",
        app(WRAPPED.format(when="True")),
        End.OLD,
        "/marker/ answers 500",
    ),
    "through nginx": Fault(
        "a release broken only for what comes through nginx",
        app(WRAPPED.format(when="environ.get('REMOTE_ADDR')")),
        End.SHORT,
        "/marker/ answers 500",
    ),
    "soon after": Fault(
        "a release that breaks a second after it went live",
        app(
            "import time\n\nstarted = time.monotonic()\n"
            + WRAPPED.format(when="time.monotonic() - started > 2")
        ),
        End.SHORT,
        "answers are errors",
        words=("--watch", "20"),
    ),
    "flapping": Fault(
        "a release that answers with an error every other time",
        app(
            "import itertools\n\ncount = itertools.count(1)\n"
            + WRAPPED.format(when="next(count) > 3 and next(count) % 2")
        ),
        End.SHORT,
        "answers are errors",
        words=("--watch", "20"),
    ),
    "another release": Fault(
        "a process that answers for another release",
        drop_in("[Service]\\nEnvironment=DISPATCHER_RELEASE=other\\n"),
        End.OLD,
        "answers as release 'other'",
        heal=WELL_UNITS,
    ),
    "unit": Fault(
        "a unit that cannot start",
        drop_in("[Service]\\nExecStartPre=/bin/false\\n"),
        End.OLD,
        "could not start its pools",
        heal=WELL_UNITS,
    ),
    "hanging stop": Fault(
        "an old release that does not stop",
        drop_in("[Service]\\nExecStop=/bin/sleep 1000\\n"),
        End.NEW,
        heal=WELL_UNITS,
    ),
    "nginx stopped": Fault(
        "an nginx that was stopped",
        host("systemctl stop nginx"),
        End.REFUSED,
        "nginx does not run",
        heal=("systemctl start nginx",),
    ),
    "nginx broken": Fault(
        "a configuration of nginx that is broken, and routes that stay",
        host("echo nonsense > /etc/nginx/conf.d/zz.conf"),
        End.NEW,
        heal=("rm /etc/nginx/conf.d/zz.conf",),
    ),
    "disk full": Fault(
        "a disk with less room than a release needs",
        host(FULL),
        End.REFUSED,
        "MB of disk free",
        heal=(f"rm {SPARE}",),
    ),
}


def table() -> str:
    rows = [f"| {fault.what} | {fault.end.value} | {fault.says} |" for fault in FAULTS.values()]
    head = ["| What | How it ends | What you read |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def document() -> str:
    """Return docs/faults.md as it should be: the table is put into the text."""
    before, mark, after = PAGE_MD.read_text("utf-8").partition(BEGIN)
    _, end, rest = after.partition(END)
    return f"{before}{mark}\n{table()}\n{end}{rest}"


BEGIN = "<!-- made from the tests by `python -m tests.deployment.faults.table` -->"
END = "<!-- until here -->"

if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")
