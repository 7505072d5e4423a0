"""The command ``dispatcher``: which commands there are, and the options they share."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from dispatcher.errors import DispatcherError

COMMANDS = {
    "check": "Validate site.toml and import every app.",
    "endpoints": "List what site_url can lead to in an app.",
    "new": "Make an app: a package, its tests, a table in site.toml.",
    "routes": "List who answers at which address.",
    "run": "Serve the whole site on this machine.",
    "secrets": "Show, set and rotate the secrets of this machine's site.",
    "shell": "Open a Python shell with an app as the site has it.",
    "work": "Run an app's workers and its schedule on this machine.",
}
"""What ``--help`` says of each, so that it need not import them: the first line of their own."""

EXAMPLES = """\b
Examples:
  dispatcher run                    the site at http://localhost:8000/
  dispatcher run --port 9000        ... at another port
  dispatcher run --server gunicorn  ... as in production, without nginx
  dispatcher run --app shop --tls   one app alone, with https
  dispatcher new shop               an app to begin with, at /shop
  dispatcher shell shop             Python, with the app as the site has it
  dispatcher check                  before you commit
  dispatcher routes --env staging   who answers where in staging
"""

site_option = click.option(
    "--site",
    "path",
    type=click.Path(path_type=Path),
    default="site.toml",
    envvar="DISPATCHER_SITE",
    show_default=True,
    help="The registry to read; the apps beside it can be imported.",
)
env_option = click.option(
    "--env",
    "environment",
    default="",
    envvar="DISPATCHER_ENV",
    metavar="NAME",
    help="The site as it is in [environments.NAME].",
)


class Commands(click.Group):
    """Import a command when it is called, and tell a person's own mistakes without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """Return the names that ``--help`` lists."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command ``cmd_name``, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dispatcher.commands.{cmd_name}")
        return module.command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, turning errors that say everything into messages."""
        try:
            return super().invoke(ctx)
        except DispatcherError as error:
            raise click.ClickException(str(error)) from None


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES
)
def main() -> None:
    """Run many WSGI apps as one site.

    site.toml says which apps there are and where each answers.
    """


def prepare(path: Path) -> None:
    """Let the apps beside the registry be imported, and give them a place for their data.

    On a server systemd names the place in the same variable (``StateDirectory=``).
    """
    folder = path.resolve().parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    os.environ.setdefault("STATE_DIRECTORY", str(folder / "instance"))
