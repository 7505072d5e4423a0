"""What can a timer or an admin do from a shell?"""

import click
from flask import Flask
from flask.cli import with_appcontext

from apps.watch.rounds import check_now
from apps.watch.state import next_check_in, states


def register(app: Flask) -> None:
    app.cli.add_command(check_command)


@click.command("check")
@with_appcontext
def check_command() -> None:
    """Check all targets and print their states. For a systemd timer or cron."""
    if not check_now():
        click.echo(f"Checked a moment ago; again in {next_check_in()} s.", err=True)
    for state in states():
        error = state.last.answer.error if state.last else None
        click.echo(f"{state.target.name}: {state.word}" + (f", {error}" if error else ""))
