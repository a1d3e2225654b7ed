"""`smsflow sender`: the names that SMS come from."""

from typing import Annotated, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.options import CompanyId
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.services.accounts import senders
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    sender = typer.Typer(help="Senders: the names that SMS come from.", no_args_is_help=True)
    sender.callback()(lambda: None)
    sender.command("add")(add)
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

    async def job(tx: Tx) -> int:
        return await senders.add_sender(tx, company, name, state=state, is_default=default)

    sender = {"id": transact(job), "company_id": company, "name": name, "state": state, "default": default}
    last = " and sends what names no sender" if default and state == "approved" else ""
    output.result(sender, f"The sender {name} of company {company} is {state}{last}.", as_json=as_json)
