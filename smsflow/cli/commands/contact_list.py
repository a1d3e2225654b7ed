"""`smsflow list`: lists of contacts."""

from dataclasses import asdict

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Name, Yes, confirm
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.runtime import now
from smsflow.services.accounts import companies
from smsflow.services.contacts import lists
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Lists of contacts.")
    group.command("add")(add)
    group.command("list")(list_)
    group.command("delete")(delete)
    app.add_typer(group, name="list")


def add(name: Name, *, company: CompanyOption, as_json: Json = False) -> None:
    """Add an empty list."""

    async def job(tx: Tx) -> int:
        return await lists.add_list(tx, (await companies.find(tx, company)).id, name, now=now())

    list_id = transact(job)
    output.result({"id": list_id, "name": name}, f"The list {name} is there.", as_json=as_json)


def list_(*, company: CompanyOption, as_json: Json = False) -> None:
    """List a company's lists."""

    async def job(tx: Tx) -> list[lists.ContactList]:
        return await lists.show_lists(tx, (await companies.find(tx, company)).id)

    seen = read(job)
    if output.reading({"lists": [asdict(one) for one in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "contacts"), [(one.id, one.name, one.contacts) for one in seen.found], none="There is no list."
    )


def delete(name: Name, *, company: CompanyOption, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a list; its contacts stay."""
    confirm(f"Delete the list {name} for good?", yes=yes)

    async def job(tx: Tx) -> None:
        await lists.delete_list(tx, (await companies.find(tx, company)).id, name)

    transact(job)
    output.result({"name": name, "deleted": True}, f"The list {name} is gone; its contacts stay.", as_json=as_json)
