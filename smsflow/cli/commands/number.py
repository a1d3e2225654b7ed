"""`smsflow number`: the numbers and short codes that people write to."""

from dataclasses import asdict
from typing import Annotated

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.services.accounts import companies
from smsflow.services.routing import numbers
from smsflow.services.routing.numbers import OwnNumber
from smsflow.store.postgres.transactions import Tx

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="As the operator sends it: 8787, or 237691234567.")]
ConnectorOption = Annotated[str, typer.Option("--connector", help="The connector's name.")]
Keyword = Annotated[
    str | None, typer.Option("--keyword", metavar="WORD", help="Only what begins with it, on a number that is shared.")
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Numbers: those of the platform, that people write to.")
    group.command("add")(add)
    group.command("list")(list_)
    group.command("remove")(remove)
    app.add_typer(group, name="number")


def add(
    number: Number,
    *,
    connector: ConnectorOption,
    company: CompanyFilter = None,
    keyword: Keyword = None,
    as_json: Json = False,
) -> None:
    """Give a number to a company; without one it is shared by those that have a keyword."""

    async def job(tx: Tx) -> OwnNumber:
        company_id = None if company is None else (await companies.find(tx, company)).id
        return await numbers.add(tx, number, connector=connector, company_id=company_id, keyword=keyword)

    added = transact(job)
    whose = "shared" if added.company_id is None else f"company {added.company_id}'s"
    with_ = f" with the keyword {added.keyword}" if added.keyword else ""
    output.result(asdict(added), f"{added.number}{with_} is {whose}.", as_json=as_json)


def list_(*, as_json: Json = False) -> None:
    """List the numbers by connector."""
    seen = read(numbers.every)
    if output.reading({"numbers": [asdict(n) for n in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("connector", "number", "keyword", "company"),
        [(n.connector, n.number, n.keyword, n.company_id or "shared") for n in seen.found],
        none="There is no number: an SMS of a handset is for the company that last wrote marketing to it.",
    )


def remove(number: Number, *, connector: ConnectorOption, keyword: Keyword = None, as_json: Json = False) -> None:
    """Take a number back."""
    transact(lambda tx: numbers.remove(tx, number, connector=connector, keyword=keyword))
    output.result({"number": number, "removed": True}, f"{number} is removed.", as_json=as_json)
