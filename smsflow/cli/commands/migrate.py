"""`smsflow migrate`: the schema of the database."""

import asyncio

import typer

from smsflow import datadir
from smsflow.cli import output
from smsflow.cli.output import Json
from smsflow.settings import load


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command("migrate")(migrate)


def migrate(*, as_json: Json = False) -> None:
    """Bring the database up to date."""
    settings = load()
    with datadir.database(settings, make=True) as url:
        asyncio.run(datadir.prepare(url, cell=settings.cell))
    output.result({"migrated": True}, "The database is up to date.", as_json=as_json)
