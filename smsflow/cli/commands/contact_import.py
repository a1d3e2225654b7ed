"""`smsflow import`: imports of contacts, as they go on, stopped and undone."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Limit, Yes, confirm
from smsflow.cli.output import Json
from smsflow.cli.work import in_steps, now, read, transact
from smsflow.services.accounts import companies
from smsflow.services.contacts import files, importing
from smsflow.services.contacts import refused as rows_refused
from smsflow.services.contacts.importing import ContactImport, ImportPlan, RefusedRow
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import Database, Tx

ImportId = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="The import's id.")]
_SHOWN = (
    "id",
    "state",
    "why",
    "file_name",
    "rows",
    "new",
    "updated",
    "unchanged",
    "duplicate",
    "invalid",
    "opted_out",
    "reasons",
)


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Imports of contacts from files.")
    group.command("list")(list_)
    group.command("show")(show)
    group.command("stop")(stop)
    group.command("undo")(undo)
    group.command("refused")(refused)
    app.add_typer(group, name="import")


def document(found: ContactImport) -> dict[str, Any]:
    """Return an import as every door shows it."""
    return {name: getattr(found, name) for name in _SHOWN}


def list_(*, company: CompanyOption, limit: Limit = 50, as_json: Json = False) -> None:
    """List a company's imports, the newest first."""

    async def job(tx: Tx) -> list[ContactImport]:
        return await importing.latest(tx, (await companies.find(tx, company)).id, limit=limit)

    seen = read(job)
    documents = [document(i) for i in seen.found]
    if output.reading({"imports": documents}, database=seen.database, as_json=as_json):
        return
    output.table(_SHOWN[:-1], [[d[name] for name in _SHOWN[:-1]] for d in documents], none="Nothing was imported.")


def show(import_id: ImportId, *, as_json: Json = False) -> None:
    """Show one import."""

    async def job(tx: Tx) -> ContactImport:
        return await importing.show(tx, await importing.company_of(tx, import_id), import_id)

    seen = read(job)
    if not output.reading(document(seen.found), database=seen.database, as_json=as_json):
        output.facts(document(seen.found).items())


def stop(import_id: ImportId, *, as_json: Json = False) -> None:
    """Stop an import where it is; the contacts that it has written stay."""

    async def job(tx: Tx) -> ContactImport:
        return await importing.stop(tx, await importing.company_of(tx, import_id), import_id, now=now())

    found = transact(job)
    ends = "stops after its present batch" if found.state in importing.OPEN else f"has ended: it is {found.state}"
    output.result(document(found), f"Import {found.id} {ends}.", as_json=as_json)


def undo(import_id: ImportId, *, yes: Yes = False, as_json: Json = False) -> None:
    """Undo an import: contacts that it added go, those that it changed get back what they were."""
    confirm(f"Undo import {import_id}?", yes=yes, program=as_json)

    async def job(database: Database, _settings: Settings) -> dict[str, int]:
        async with database.transaction() as tx:
            found = await importing.begin_undo(tx, await importing.company_of(tx, import_id), import_id, now=now())
        total = {"removed": 0, "restored": 0, "left": 0}
        after: str | None = ""
        while after is not None:
            async with database.transaction() as tx:
                undone = await importing.undo_step(tx, found, after=after, now=now())
            after = undone.last
            total = {name: count + getattr(undone, name) for name, count in total.items()}
        return total

    total = in_steps(job)
    sentence = (
        f"Contacts removed: {total['removed']}, with their former values back: {total['restored']}, "
        f"left because they were written to, opted out or changed since: {total['left']}."
    )
    output.result({"id": import_id, **total}, sentence, as_json=as_json)


def refused(
    import_id: ImportId,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="Write them into this file, .csv or .xlsx.")] = None,
    as_json: Json = False,
) -> None:
    """Show the rows that became no contact, with the reason of each."""
    if file is not None:
        files.check(file)

    async def job(tx: Tx) -> tuple[ImportPlan, list[RefusedRow]]:
        company_id = await importing.company_of(tx, import_id)
        plan = importing.plan_of(await importing.show(tx, company_id, import_id))
        return plan, await rows_refused.every(tx, company_id, import_id)

    seen = read(job)
    plan, found = seen.found
    if file is not None:
        heading = ("row", "reason", *rows_refused.headings(plan))
        files.write(file, heading, rows_refused.rows(plan, found))
    if output.reading({"rows": [asdict(r) for r in found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("row", "reason", "cells"),
        [(r.row, r.reason, " | ".join(r.cells)) for r in found],
        none="No row was refused.",
    )
