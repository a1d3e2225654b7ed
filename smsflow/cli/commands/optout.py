"""`smsflow optout`: the people that a company does not write to."""

import getpass
from collections import Counter
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Limit
from smsflow.cli.output import Json
from smsflow.cli.work import in_steps, now, read, transact
from smsflow.domain import phone
from smsflow.domain.optout import Scope
from smsflow.services.accounts import companies
from smsflow.services.contacts import optout_files, optouts
from smsflow.settings import Settings
from smsflow.sheets.columns import records
from smsflow.sheets.layout import rows
from smsflow.sheets.preview import preview
from smsflow.store.postgres.transactions import Database, Tx

Number = Annotated[str, typer.Argument(metavar="NUMBER")]
ScopeOption = Annotated[
    Literal["marketing", "all"],
    typer.Option("--scope", help="marketing, or all but the codes that the person asks for."),
]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the change.")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Opt-outs: the people that a company does not write to.")
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("import")(import_)
    group.command("export")(export)
    app.add_typer(group, name="optout")


def add(
    number: Number,
    *,
    company: CompanyOption,
    scope: ScopeOption = "marketing",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Opt somebody out; marketing that waits for them is cancelled."""

    async def job(tx: Tx) -> tuple[str, Scope]:
        found = await companies.find(tx, company)
        e164 = phone.parse(number, country=found.country).e164
        await optouts.opt_out(
            tx, found.id, [e164], scope=scope, source="manual", author=_author(), reason=reason, now=now()
        )
        return e164, (await optouts.scopes(tx, found.id, [e164]))[e164]

    e164, holds = transact(job)
    said = f"{e164} has opted out ({holds})."
    if holds != scope:
        said += f" To narrow that to {scope}, remove the opt-out first."
    output.result({"number": e164, "scope": holds}, said, as_json=as_json)


def remove(number: Number, *, company: CompanyOption, reason: Reason = "", as_json: Json = False) -> None:
    """Remove an opt-out: the person may be written to again."""

    async def job(tx: Tx) -> tuple[str, bool]:
        found = await companies.find(tx, company)
        e164 = phone.parse(number, country=found.country).e164
        removed = await optouts.opt_in(
            tx, found.id, [e164], source="manual", author=_author(), reason=reason, now=now()
        )
        return e164, bool(removed)

    e164, removed = transact(job)
    said = f"{e164} may be written to again." if removed else f"{e164} had not opted out."
    output.result({"number": e164, "removed": removed}, said, as_json=as_json)


def list_(*, company: CompanyOption, limit: Limit = 1000, as_json: Json = False) -> None:
    """List opt-outs by number."""

    async def job(tx: Tx) -> list[optouts.OptOut]:
        return await optouts.show_opt_outs(tx, (await companies.find(tx, company)).id, limit=limit)

    seen = read(job)
    if output.reading({"opt_outs": [asdict(o) for o in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("number", "scope", "by", "since", "author", "reason"),
        [(o.number, o.scope, o.source, o.since, o.author or None, o.reason or None) for o in seen.found],
        none="Nobody has opted out.",
    )


def show(number: Number, *, company: CompanyOption, as_json: Json = False) -> None:
    """Show whether somebody has opted out, and every change of it: the proof."""

    async def job(tx: Tx) -> tuple[str, Scope | None, list[optouts.OptOutChange]]:
        found = await companies.find(tx, company)
        e164 = phone.parse(number, country=found.country).e164
        return e164, (await optouts.scopes(tx, found.id, [e164])).get(e164), await optouts.history(tx, found.id, e164)

    seen = read(job)
    e164, scope, changes = seen.found
    document = {"number": e164, "scope": scope, "changes": [asdict(change) for change in changes]}
    if output.reading(document, database=seen.database, as_json=as_json):
        return
    output.facts([("number", e164), ("opted out of", scope or "nothing")])
    output.table(
        ("at", "scope", "by", "author", "reason"),
        [(c.at, c.scope or "opted in again", c.source, c.author or None, c.reason or None) for c in changes],
        none="Nothing was ever changed for this number.",
    )


def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV, XLSX or vCard file.")
    ],
    *,
    company: CompanyOption,
    scope: ScopeOption = "marketing",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Opt out every number of a file."""
    seen = preview(file)
    if not seen.mapping.has_number:
        raise typer.BadParameter("it has no column with phone numbers.", param_hint="FILE")

    async def job(database: Database, _settings: Settings) -> dict[str, Any]:
        async with database.transaction() as tx:
            found = await companies.find(tx, company)
        total: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        source = records(rows(file, seen.layout), seen.mapping)
        while batch := list(islice(source, optout_files.BATCH)):
            async with database.transaction() as tx:
                done = await optout_files.bring_in(
                    tx, found, batch, scope=scope, author=_author(), reason=reason, now=now()
                )
            total.update(rows=len(batch), new=done.new, unchanged=done.unchanged, invalid=done.invalid.total())
            reasons += done.invalid
        counts = {name: total[name] for name in ("rows", "new", "unchanged", "invalid")}
        return {"file": str(file), "scope": scope, **counts, "reasons": dict(reasons)}

    report = in_steps(job)
    sentence = (
        f"Rows: {report['rows']}; opted out ({scope}): {report['new']}, before already: {report['unchanged']}, "
        f"without a number: {report['invalid']}."
    )
    output.result(report, sentence, as_json=as_json)


def export(
    file: Annotated[Path, typer.Argument(help="Where to write: a name that ends in .csv or .xlsx.")],
    *,
    company: CompanyOption,
    as_json: Json = False,
) -> None:
    """Write the opt-outs into a file."""

    async def job(tx: Tx) -> int:
        return await optout_files.export(tx, (await companies.find(tx, company)).id, file)

    written = transact(job)
    output.result(
        {"file": str(file), "opt_outs": written}, f"Opt-outs written into {file}: {written}.", as_json=as_json
    )


def _author() -> str:
    return f"cli:{getpass.getuser()}"
