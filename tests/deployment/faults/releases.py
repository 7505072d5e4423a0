"""Releases that are broken, each in a way of its own, and how their deployment must end."""

from __future__ import annotations

from tests.deployment.faults.fault import WELL_UNITS, End, Fault, app, both, drop_in, said

WRAPPED = """\
sound = application


def application(environ, start_response):
    if {when}:
        raise RuntimeError("broken on purpose")
    return sound(environ, start_response)
"""
RELEASES = {
    "broken at import": Fault(
        "a release broken at import", app("import no_such_module\n"), End.OLD, "no_such_module"
    ),
    "one worker": Fault(
        "a release broken at import in one of its four workers",
        both(
            app(
                "import os\n\ntry:\n    os.close(os.open('/tmp/first', os.O_CREAT | os.O_EXCL))\n"
                "except FileExistsError:\n    pass\n"
                "else:\n    raise RuntimeError('the first of us')\n"
            ),
            said(
                "[pools.default]",
                "workers = 4",
                "preload = false",
                instead_of="[pools.default]",
            ),
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
    "hanging import": Fault(
        "a release whose import never ends",
        both(app("import time\n\ntime.sleep(1000)\n"), said("load_seconds = 1")),
        End.OLD,
        "it took longer than 1 s",
    ),
    "hanging factory": Fault(
        "a release whose factory never returns",
        both(
            app("def make():\n    while True:\n        pass\n"),
            said('app = "apps.marker:make"', instead_of='app = "apps.marker:application"'),
            said("load_seconds = 1"),
        ),
        End.OLD,
        "it took longer than 1 s",
    ),
    "stuck import": Fault(
        "a release whose import never ends, in C, where no signal is heard (`TimeoutStartSec=2`)",
        both(
            app(
                "import ctypes\n\nlibc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)\n"
                "libc.pthread_mutex_lock(lock)\nlibc.pthread_mutex_lock(lock)\n"
            ),
            drop_in("[Service]\\nTimeoutStartSec=2\\n"),
        ),
        End.OLD,
        "could not start its pools",
        heal=WELL_UNITS,
    ),
    "hanging hook": Fault(
        "a release whose `ready` never returns",
        both(
            app("def ready():\n    import time\n\n    time.sleep(1000)\n"),
            said('ready = "apps.marker:ready"'),
        ),
        End.OLD,
        "is not ready",
    ),
    "hanging page": Fault(
        "a release of which a page never answers",
        app("import time\n\n\ndef application(environ, start_response):\n    time.sleep(1000)\n"),
        End.OLD,
        "/marker/ hangs: no answer for 15 s",
        within_seconds=30,
    ),
    "hanging exit": Fault(
        "a release that is refused and then does not stop",
        app(
            "import atexit\nimport time\n\natexit.register(time.sleep, 1000)\n"
            + WRAPPED.format(when="True")
        ),
        End.OLD,
        "/marker/ answers 500",
        within_seconds=30,
    ),
}
