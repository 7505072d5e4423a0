"""Run a command as one app of a site: ``python -m dispatcher.jobs.within APP WORD ...``.

It has what the app's jobs have: the release's programs, the app's variables of site.toml, and
``flask`` finds the app as the site has it, secrets and all.
"""

from __future__ import annotations

import os
import sys

from dispatcher.errors import DispatcherError
from dispatcher.jobs.running import variables
from dispatcher.loading.importing import LoadError
from dispatcher.settings import Settings


def main(name: str, *words: str) -> None:
    """Become the command; never returns."""
    try:
        site = Settings.of(os.environ).read()
        environ = variables(site, site.app(name))
        os.environ["PATH"] = environ["PATH"]  # where it is looked for
        os.execvpe(words[0], words, environ)  # noqa: S606 - no shell wanted
    except (DispatcherError, LoadError) as error:
        sys.exit(f"Error: {error}")
    except LookupError as error:
        sys.exit(f"Error: {error.args[0]}")
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - as a shell says it
        sys.exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
