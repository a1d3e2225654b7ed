"""`smsflow list`: lists of contacts."""

from typing import Annotated, Any

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyOption, Name, Yes, confirm
from smsflow.cli.output import Json
from smsflow.cli.work import now, read, transact
from smsflow.domain.selection import read_rule
from smsflow.services.accounts import companies
from smsflow.services.contacts import lists
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Lists of contacts.")
    group.command("add")(add)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("delete")(delete)
    app.add_typer(group, name="list")


Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        help="Make a list of whoever fulfils it, and every other one: ville=Douala, ville!=Douala, ville contains dou, "
        "ville is empty, achat before 2026-12-31, achat after 2026-12-31.",
    ),
]


def add(name: Name, *, company: CompanyOption, rule: Rules = None, as_json: Json = False) -> None:
    """Add an empty list, or with --rule one of whoever fulfils the rules."""
    rules = [read_rule(sentence) for sentence in rule] if rule else None

    async def job(tx: Tx) -> lists.ContactList:
        company_id = (await companies.find(tx, company)).id
        return await lists.show_list(tx, company_id, await lists.add_list(tx, company_id, name, rules=rules, now=now()))

    one = transact(job)
    sentence = f"The list {name} is there." if rules is None else f"The list {name} is there; contacts: {one.contacts}."
    output.result(_document(one), sentence, as_json=as_json)


def list_(*, company: CompanyOption, as_json: Json = False) -> None:
    """List a company's lists."""

    async def job(tx: Tx) -> list[lists.ContactList]:
        return await lists.show_lists(tx, (await companies.find(tx, company)).id)

    seen = read(job)
    if output.reading({"lists": [_document(one) for one in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "contacts", "rules"),
        [(one.id, one.name, one.contacts, "; ".join(_sentences(one) or ())) for one in seen.found],
        none="There is no list.",
    )


def show(name: Name, *, company: CompanyOption, as_json: Json = False) -> None:
    """Show a list, its rules, and how many contacts it has now."""

    async def job(tx: Tx) -> lists.ContactList:
        company_id = (await companies.find(tx, company)).id
        (list_id,) = await lists.lists_named(tx, company_id, [name])
        return await lists.counted(tx, company_id, list_id, now=now())

    one = transact(job)
    rules = "".join(f"\n  {sentence}" for sentence in _sentences(one) or ())
    output.result(_document(one), f"{one.name}; contacts: {one.contacts}{rules}", as_json=as_json)


def _document(one: lists.ContactList) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "contacts": one.contacts,
        "rules": _sentences(one),
        "counted_at": one.counted_at,
    }


def _sentences(one: lists.ContactList) -> list[str] | None:
    if one.rules is None:
        return None
    return [f"{r.attribute} {r.operator.replace('_', ' ')} {r.written}".strip() for r in one.rules]


def delete(name: Name, *, company: CompanyOption, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a list; its contacts stay."""
    confirm(f"Delete the list {name} for good?", yes=yes, program=as_json)

    async def job(tx: Tx) -> None:
        await lists.delete_list(tx, (await companies.find(tx, company)).id, name)

    transact(job)
    output.result({"name": name, "deleted": True}, f"The list {name} is gone; its contacts stay.", as_json=as_json)
