"""`smsflow queue`: what waits to leave, since when and why."""

from dataclasses import asdict
from typing import Any

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, Limit
from smsflow.cli.output import Json
from smsflow.cli.streams import say
from smsflow.cli.work import read
from smsflow.domain.message import public_id
from smsflow.services.accounts import companies
from smsflow.services.messages.waiting import QueueSummary, waiting_now
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    queue = noun("The queue: what waits to leave, since when and why.")
    queue.command("show")(show)
    app.add_typer(queue, name="queue")


def show(*, company: CompanyFilter = None, limit: Limit = 20, as_json: Json = False) -> None:
    """Show what waits for each connector and why, and the oldest SMS of it."""

    async def job(tx: Tx) -> QueueSummary:
        company_id = None if company is None else (await companies.find(tx, company)).id
        return await waiting_now(tx, company_id=company_id, limit=limit)

    seen = read(job)
    connectors = [{"connector": lane.connector, **asdict(lane.backlog), "why": lane.why} for lane in seen.found.lanes]
    oldest: list[dict[str, Any]] = [
        {**asdict(m), "id": public_id(m.id), "kind": m.kind.name.lower()} for m in seen.found.oldest
    ]
    if output.reading({"connectors": connectors, "oldest": oldest}, database=seen.database, as_json=as_json):
        return
    columns = ("connector", "waiting", "claimed", "planned", "held", "oldest", "why")
    output.table(columns, [[c[name] for name in columns] for c in connectors], none="Nothing waits.")
    if oldest:
        say()
        rows = ("id", "created_at", "company_id", "kind", "attempt", "due_at", "claimed", "held")
        output.table([name.removesuffix("_id") for name in rows], [[m[name] for name in rows] for m in oldest], none="")
