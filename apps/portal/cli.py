"""What can the office do from a shell?"""

import sys
from datetime import date
from typing import BinaryIO

import click
from flask import Flask
from flask.cli import with_appcontext

from apps.portal import news, papers
from apps.portal.db import database, get_db


def register(app: Flask) -> None:
    app.cli.add_command(init_db)
    app.cli.add_command(add_news)
    app.cli.add_command(add_paper)


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Make the tables where they are missing. Nothing is ever deleted."""
    get_db()
    click.echo(f"The database is {database()}")


@click.command("add-news")
@click.argument("title")
@click.option("--body", help="Text, a blank line between paragraphs. Default: standard input.")
@with_appcontext
def add_news(title: str, body: str | None) -> None:
    """Publish news under TITLE, dated today."""
    title = title.strip()
    text = (sys.stdin.read() if body is None else body).strip()
    for name, value in (("TITLE", title), ("the body", text)):
        if not value:
            raise click.UsageError(f"{name} is empty; news needs some words there")
    item = news.add(get_db(), title, text, date.today())
    click.echo(f"Published {item.title!r} at news/{item.slug}")


@click.command("add-paper")
@click.argument("name")
@click.argument("file", type=click.File("rb"), default="-")
@with_appcontext
def add_paper(name: str, file: BinaryIO) -> None:
    """Give out a paper under NAME: FILE, or what comes on standard input."""
    paper = papers.add(name, file)
    if paper is None:
        raise click.UsageError(f"{name!r} cannot be a paper's name; write one like 'Rules.pdf'")
    click.echo(f"Published {paper.name!r}, {paper.bytes:,} bytes, at papers/")
