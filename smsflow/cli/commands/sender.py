"""`smsflow sender`: the names that SMS come from."""

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, CompanyId
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.domain.account import Company
from smsflow.services.accounts import companies, senders
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    sender = noun("Senders: the names that SMS come from.")
    sender.command("add")(add)
    sender.command("list")(list_)
    app.add_typer(sender, name="sender")


def add(
    company: CompanyId,
    name: Annotated[str, typer.Argument(callback=options.sender)],
    *,
    default: Annotated[bool, typer.Option("--default", help="For SMS that name no sender.")] = False,
    state: Annotated[
        Literal["pending", "approved", "refused"], typer.Option(help="Only an approved one sends.")
    ] = "approved",
    as_json: Json = False,
) -> None:
    """Give a company a sender, or change the one of that name."""

    async def job(tx: Tx) -> tuple[int, int]:
        company_id = (await companies.find(tx, company)).id
        return await senders.add_sender(tx, company_id, name, state=state, is_default=default), company_id

    sender_id, company_id = transact(job)
    sender = {"id": sender_id, "company_id": company_id, "name": name, "state": state, "default": default}
    last = " and sends what names no sender" if default and state == "approved" else ""
    output.result(sender, f"The sender {name} of company {company_id} is {state}{last}.", as_json=as_json)


def list_(*, company: CompanyFilter = None, as_json: Json = False) -> None:
    """List the senders of every company, or of one."""

    async def job(tx: Tx) -> list[Company]:
        if company is not None:
            return [await companies.find(tx, company)]
        return [account.company for account in await companies.every(tx)]

    seen = read(job)
    found = [{"company_id": c.id, "company": c.name, **asdict(s)} for c in seen.found for s in c.senders]
    if output.reading({"senders": found}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "state", "default", "company"),
        [(s["id"], s["name"], s["state"], s["is_default"], f"{s['company_id']} ({s['company']})") for s in found],
        none="There is no sender: add one with `smsflow sender add COMPANY NAME`.",
    )
