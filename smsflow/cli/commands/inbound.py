"""`smsflow inbound`: what handsets send to us."""

from dataclasses import asdict

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import Limit, Since
from smsflow.cli.output import Json
from smsflow.cli.work import now, read
from smsflow.services import inbound


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Inbound SMS: what handsets send to us.")
    group.command("list")(list_)
    app.add_typer(group, name="inbound")


def list_(*, since: Since = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List the last SMS that handsets sent to us."""
    seen = read(lambda tx: inbound.latest(tx, since=options.since(since, now=now()), limit=limit))
    if output.reading({"inbound": [asdict(i) for i in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "received", "connector", "from", "to", "company", "asks for", "parts", "text"),
        [
            (
                i.id,
                i.received_at,
                i.connector or i.connector_id,
                i.source,
                i.destination,
                i.company_id,
                i.command,
                f"{i.parts}/{i.total}",
                i.text,
            )
            for i in seen.found
        ],
        none="No handset sent anything.",
    )
