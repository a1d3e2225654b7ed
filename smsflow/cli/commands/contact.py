"""`smsflow contact`: the people that a company writes to."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from smsflow.cli import output
from smsflow.cli.commands.contact_import import document
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Limit, Yes, confirm
from smsflow.cli.output import Json
from smsflow.cli.progress import ProgressBar
from smsflow.cli.streams import note
from smsflow.cli.work import in_steps, now, read, transact
from smsflow.domain import contact as rules
from smsflow.domain import template
from smsflow.domain.account import Company
from smsflow.jobs.imports import run_import
from smsflow.services.accounts import companies
from smsflow.services.contacts import contacts, importing, lists
from smsflow.services.contacts.importing import ContactImport, ImportPlan
from smsflow.services.contacts.reading import LookedAt, look
from smsflow.settings import Settings
from smsflow.sheets.columns import IGNORED, NUMBER
from smsflow.sheets.layout import inspect
from smsflow.sheets.preview import Preview, preview
from smsflow.sheets.row import Record
from smsflow.store.postgres.transactions import Database, Tx

_CHUNK = 1024 * 1024
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV, XLSX or vCard file.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Contacts: the people that a company writes to.")
    group.command("import")(import_)
    group.command("export")(export)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("delete")(delete)
    app.add_typer(group, name="contact")


def import_(
    file: File,
    *,
    company: CompanyOption,
    list_name: Annotated[list[str] | None, typer.Option("--list", help="A list they go into; may be repeated.")] = None,
    update: Annotated[bool, typer.Option("--update/--keep", help="Whether contacts that exist are changed.")] = True,
    clear_empty: Annotated[bool, typer.Option("--clear-empty", help="Empty cells remove what was there.")] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="NAME=FIELD", help="What a column is, such as Tel=number, 2=number or ville=3."
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="The sheet of a workbook; else the first visible one with numbers.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how the file is read; change nothing.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Return at once; jobs reads the file.")] = False,
    as_json: Json = False,
) -> None:
    """Import contacts from a file, to the end, with a report."""
    seen = preview(file, inspect(file, sheet=sheet))
    columns = seen.mapping
    for choice in column or []:
        columns = columns.with_field(*_column(choice))
    if dry_run:
        shown = preview(file, seen.layout, columns)
        _show_preview(shown, read(lambda tx: companies.find(tx, company)).found, as_json=as_json)
        return

    async def job(database: Database, _settings: Settings) -> dict[str, Any]:
        async with database.transaction() as tx:
            found = await companies.find(tx, company)
            wanted = tuple([await lists.list_named(tx, found.id, name, now=now()) for name in list_name or []])
            plan = ImportPlan(seen.layout, columns, update, clear_empty, wanted)
            import_id = await importing.begin(
                tx, found.id, file_name=file.name, size=file.stat().st_size, plan=plan, now=now()
            )
            for place, body in enumerate(_chunks(file)):
                await importing.add_chunk(tx, found.id, import_id, place, body)
        if not background:
            with ProgressBar("rows") as bar:
                await run_import(database, found.id, import_id, now, progress=partial(_show_progress, bar))
            await _until_ended(database, found, import_id)
        async with database.transaction() as tx:
            return document(await importing.show(tx, found.id, import_id))

    report = in_steps(job)
    sentence = (
        f"Import {report['id']} is {report['state']}: {report['rows']} rows, {report['new']} new, {report['updated']} updated, "
        f"{report['unchanged']} unchanged, {report['duplicate']} twice in the file, {report['invalid']} refused."
    )
    others = [name for name in seen.layout.sheets if name != seen.layout.sheet]
    told = {**report, "sheets_not_read": others}
    output.result(told, f"{sentence} {report['why']}".rstrip(), as_json=as_json)
    if others and not as_json:
        note(f"Only the sheet {seen.layout.sheet} was read. The workbook also has: {', '.join(others)} (see --sheet).")
    if report["state"] == "failed":
        raise typer.Exit(1)


async def _until_ended(database: Database, company: Company, import_id: int) -> None:
    """Wait for a jobs process that has taken part of the file."""
    while True:
        async with database.transaction() as tx:
            if (await importing.show(tx, company.id, import_id)).state not in importing.OPEN:
                return
        await asyncio.sleep(0.2)


def _show_progress(bar: ProgressBar, at: ContactImport) -> None:
    bar.show(at.rows, share=at.next_row / at.last_row if at.last_row else None)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while body := stream.read(_CHUNK):
            yield body


def _column(choice: str) -> tuple[str, str]:
    """Return the column and the field of NAME=FIELD; a field is `number`, an attribute, or nothing for what is left out.

    FIELD=3 says the same of the third column: nobody calls an attribute 3.
    """
    name, equals, written = choice.rpartition("=")
    if written.isdecimal() and not name.isdecimal():
        name, written = written, name
    field = written if written in {NUMBER, IGNORED} else template.name_of(written)
    if not equals or not (field in {NUMBER, IGNORED} or rules.is_name(field)):
        raise typer.BadParameter(
            f"{choice}: it is NAME=FIELD, where FIELD is number, an attribute such as ville, or empty to leave the column out.",
            param_hint="--column",
        )
    return name, field


def _show_preview(seen: Preview, company: Company, *, as_json: bool) -> None:
    """Show how a file is read, and its first rows as they would be stored."""
    stored = list(map(_stored, seen.records, look(seen.records, company)))
    if as_json:
        output.document({"layout": asdict(seen.layout), "mapping": asdict(seen.mapping), "rows": stored})
        return
    output.facts([(k, ", ".join(v) if isinstance(v, tuple) else v) for k, v in asdict(seen.layout).items() if v])
    output.facts([(c.heading or f"column {c.index + 1}", c.field or "left out") for c in seen.mapping.columns])
    names = dict.fromkeys(name for one in stored for name in one["attributes"])
    output.table(
        ("row", "number", *names),
        [
            (
                one["row"],
                " ".join((one["reason"], *one["numbers"])) if one["reason"] else one["number"],
                *map(one["attributes"].get, names),
            )
            for one in stored
        ],
        none="The file has no rows.",
    )


def _stored(record: Record, row: LookedAt) -> dict[str, Any]:
    """Return a row of the file as it would be stored, or with the reason why it would not, beside its cells with numbers."""
    return {
        "row": record.row,
        "numbers": record.numbers,
        "number": row.person.number.e164 if row.person else None,
        "reason": row.reason,
        "attributes": row.person.attributes if row.person else record.attributes,
    }


def export(
    file: Annotated[Path, typer.Argument(help="Where to write: a name that ends in .csv or .xlsx.")],
    *,
    company: CompanyOption,
    list_name: Annotated[str | None, typer.Option("--list", help="Only of this list.")] = None,
    as_json: Json = False,
) -> None:
    """Write contacts into a file."""

    async def job(tx: Tx) -> int:
        found = await companies.find(tx, company)
        return await contacts.export(tx, found.id, file, list_name=list_name)

    written = transact(job)
    output.result(
        {"file": str(file), "contacts": written}, f"Contacts written into {file}: {written}.", as_json=as_json
    )


def list_(*, company: CompanyOption, limit: Limit = 50, as_json: Json = False) -> None:
    """List contacts, the oldest first."""

    async def job(tx: Tx) -> list[contacts.Contact]:
        return await contacts.page(tx, (await companies.find(tx, company)).id, after=0, limit=limit)

    seen = read(job)
    if output.reading({"contacts": [asdict(c) for c in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "number", "attributes", "since", "written to"),
        [
            (c.id, c.number, ", ".join(f"{k}={v}" for k, v in c.attributes.items()), c.created_at, c.written_at)
            for c in seen.found
        ],
        none="There is no contact: bring some in with `smsflow contact import FILE`.",
    )


def show(number: Number, *, company: CompanyOption, as_json: Json = False) -> None:
    """Show one contact."""

    async def job(tx: Tx) -> contacts.Contact:
        return await contacts.find(tx, await companies.find(tx, company), number)

    seen = read(job)
    if not output.reading(asdict(seen.found), database=seen.database, as_json=as_json):
        output.facts(asdict(seen.found).items())


def delete(number: Number, *, company: CompanyOption, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a contact; an opt-out of the number stays."""
    confirm(f"Delete the contact {number} for good?", yes=yes, program=as_json)

    async def job(tx: Tx) -> str:
        return await contacts.delete(tx, await companies.find(tx, company), number)

    e164 = transact(job)
    output.result({"number": e164, "deleted": True}, f"{e164} is no contact any more.", as_json=as_json)
