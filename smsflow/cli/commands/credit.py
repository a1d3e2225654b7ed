"""`smsflow credit`: what companies have bought."""

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyId, Limit
from smsflow.cli.output import Json
from smsflow.cli.streams import say
from smsflow.cli.work import now, read, transact
from smsflow.services import credits, statements
from smsflow.services.accounts import companies
from smsflow.services.statements import Month, Statement
from smsflow.store.postgres.snapshot import one_snapshot
from smsflow.store.postgres.transactions import Tx

_MOST = 10**12


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    credit = noun("Credits: what companies have bought.")
    # A negative amount begins like an option.
    credit.command("add", context_settings={"ignore_unknown_options": True})(add)
    credit.command("list")(list_)
    credit.command("statement")(statement)
    app.add_typer(credit, name="credit")


def add(
    company: CompanyId,
    amount: Annotated[int, typer.Argument(min=-_MOST, max=_MOST, help="Credits; below zero takes them back.")],
    *,
    note: Annotated[str, typer.Option(help="What the ledger says about it, such as an invoice's number.")],
    as_json: Json = False,
) -> None:
    """Add credits to a company, with a line in the ledger."""
    if amount == 0:
        raise typer.BadParameter("it is not zero.", param_hint="AMOUNT")

    async def job(tx: Tx) -> tuple[int, int]:
        company_id = (await companies.find(tx, company)).id
        return await credits.add_credit(tx, company_id, amount, note=note, now=now()), company_id

    balance, company_id = transact(job)
    output.result(
        {"company_id": company_id, "amount": amount, "note": note, "balance": balance},
        f"Company {company_id} has {balance} credits.",
        as_json=as_json,
    )


def list_(company: CompanyId, *, limit: Limit = 50, as_json: Json = False) -> None:
    """List the last movements of a company's credits, each with its cause."""

    async def job(tx: Tx) -> tuple[int, credits.Standing, list[credits.Movement]]:
        await one_snapshot(tx)
        company_id = (await companies.find(tx, company)).id
        return company_id, await credits.standing(tx, company_id), await credits.movements(tx, company_id, limit=limit)

    seen = read(job)
    company_id, standing, movements = seen.found
    document = {
        "company_id": company_id,
        **asdict(standing),
        "movements": [asdict(movement) for movement in movements],
    }
    if output.reading(document, database=seen.database, as_json=as_json):
        return
    output.table(
        ("at", "credits", "reserve", "cause", "SMS", "campaign", "note"),
        [
            (
                m.created_at,
                f"{m.amount:+}",
                f"{m.reserved:+}" if m.reserved else None,
                m.reason,
                m.messages or None,
                m.campaign_id,
                m.note or None,
            )
            for m in movements
        ],
        none="No credit was ever added or charged.",
    )
    kept = f", of which campaigns have reserved {standing.reserved}" if standing.reserved else ""
    say(f"Company {company_id} has {standing.balance} credits{kept}.")


def _month(written: str | None) -> str | None:
    if written is not None and statements.month_of(written, "UTC") is None:
        raise typer.BadParameter("it is written as 2026-11.")
    return written


def statement(
    company: CompanyId,
    *,
    month: Annotated[
        str | None, typer.Option(callback=_month, metavar="2026-11", help="Which month; this one by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a month of a company's credits: one line for each campaign, one for each day otherwise, and the sums."""

    async def job(tx: Tx) -> tuple[int, Month, Statement]:
        await one_snapshot(tx)
        found = await companies.find(tx, company)
        wanted = statements.month_of(month or f"{now().astimezone(ZoneInfo(found.timezone)):%Y-%m}", found.timezone)
        if wanted is None:
            raise LookupError(month)
        return found.id, wanted, await statements.of_month(tx, found.id, wanted)

    seen = read(job)
    company_id, shown, found = seen.found
    document = {
        "company_id": company_id,
        "month": str(shown),
        **asdict(found.sums),
        "movements": [
            {**asdict(entry), "first": str(entry.first), "last": str(entry.last)} for entry in reversed(found.entries)
        ],
    }
    if output.reading(document, database=seen.database, as_json=as_json):
        return
    output.table(
        ("day", "credits", "cause", "SMS", "reserve", "campaign or note"),
        [
            (e.last, f"{e.credits:+}", e.cause, e.messages or None, e.reserved or None, e.campaign or e.note or None)
            for e in reversed(found.entries)
        ],
        none="No credit moved in that month.",
    )
    output.facts((name, getattr(found.sums, name)) for name in ("opening", "bought", "returned", "charged", "closing"))
