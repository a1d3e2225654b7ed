"""`smsflow credit`: what companies have bought."""

from typing import Annotated

import typer

from smsflow.cli import output
from smsflow.cli.options import CompanyId
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.runtime import now
from smsflow.services import credits

_MOST = 10**12


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    credit = typer.Typer(help="Credits: what companies have bought.", no_args_is_help=True)
    credit.callback()(lambda: None)
    # A negative amount begins like an option.
    credit.command("add", context_settings={"ignore_unknown_options": True})(add)
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
    balance = transact(lambda tx: credits.add_credit(tx, company, amount, note=note, now=now()))
    output.result(
        {"company_id": company, "amount": amount, "note": note, "balance": balance},
        f"Company {company} has {balance} credits.",
        as_json=as_json,
    )
