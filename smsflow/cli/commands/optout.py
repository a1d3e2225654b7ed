"""`smsflow optout`: the people that a company does not write to."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Limit
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.domain import phone
from smsflow.runtime import now
from smsflow.services.accounts import companies
from smsflow.services.contacts import optouts
from smsflow.store.postgres.transactions import Tx

Number = Annotated[str, typer.Argument(metavar="NUMBER")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the change.")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Opt-outs: the people that a company does not write to.")
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("list")(list_)
    app.add_typer(group, name="optout")


def add(
    number: Number,
    *,
    company: CompanyOption,
    scope: Annotated[
        str, typer.Option("--scope", help="marketing, or all but the codes that the person asks for.")
    ] = "marketing",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Opt somebody out; marketing that waits for them is cancelled."""
    if scope not in {"marketing", "all"}:
        raise typer.BadParameter("it is marketing or all.", param_hint="--scope")

    async def job(tx: Tx) -> str:
        found = await companies.find(tx, company)
        e164 = phone.parse(number, country=found.country).e164
        await optouts.opt_out(
            tx, found.id, [e164], scope=scope, source="manual", author=_author(), reason=reason, now=now()
        )
        return e164

    e164 = transact(job)
    output.result({"number": e164, "scope": scope}, f"{e164} has opted out ({scope}).", as_json=as_json)


def remove(number: Number, *, company: CompanyOption, reason: Reason = "", as_json: Json = False) -> None:
    """Let somebody be written to again."""

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
        ("number", "scope", "by", "since"),
        [(o.number, o.scope, o.source, o.since) for o in seen.found],
        none="Nobody has opted out.",
    )


def _author() -> str:
    return f"cli:{getpass.getuser()}"
