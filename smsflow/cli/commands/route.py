"""`smsflow route`: which SMS leaves by which connector."""

import re
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, CompanyOption, RouteId
from smsflow.cli.output import Json
from smsflow.cli.streams import say
from smsflow.cli.work import now, read, transact
from smsflow.domain.message import Kind
from smsflow.domain.routing import Route, Step
from smsflow.services.accounts import companies
from smsflow.services.messages import explain as explaining
from smsflow.services.messages.explain import Explained
from smsflow.services.routing import routes
from smsflow.services.routing.routes import Conditions
from smsflow.store.postgres.transactions import Tx

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_LAST = 1_000_000

KindOption = Literal["otp", "transactional", "marketing"]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    route = noun("Routes: which SMS leaves by which connector.")
    route.command("add")(add)
    route.command("list")(list_)
    route.command("remove")(remove)
    route.command("explain")(explain)
    app.add_typer(route, name="route")


def _prefix(value: str | None) -> str | None:
    if value is not None and not _PREFIX.fullmatch(value):
        raise typer.BadParameter("a prefix is a plus and digits, such as +2376.")
    return value


def add(
    *,
    connector: Annotated[str, typer.Option(help="The connector's name.")],
    country: Annotated[str | None, typer.Option(callback=options.country, help="Only numbers of it.")] = None,
    prefix: Annotated[str | None, typer.Option(callback=_prefix, help="Only numbers that start so: +2376.")] = None,
    company: CompanyFilter = None,
    sender: Annotated[str | None, typer.Option(callback=options.sender, help="Only SMS from it.")] = None,
    kind: Annotated[KindOption | None, typer.Option(help="Only SMS of this kind.")] = None,
    priority: Annotated[int, typer.Option(min=0, max=_LAST, help="The lowest is tried first.")] = 100,
    as_json: Json = False,
) -> None:
    """Lead SMS to a connector; it takes effect without a restart."""

    async def job(tx: Tx) -> dict[str, Any]:
        company_id = None if company is None else (await companies.find(tx, company)).id
        conditions = Conditions(country, prefix, company_id, sender, options.kind_of(kind))
        return _document(await routes.add(tx, connector, conditions, priority=priority), connector)

    route = transact(job)
    output.result(route, f"Route {route['id']} to {connector} takes {_conditions(route)}.", as_json=as_json)


def list_(*, as_json: Json = False) -> None:
    """List every route in the order in which they are tried."""
    seen = read(routes.table)
    table = seen.found
    found = [_document(r, table.connectors[r.connector_id].name) for r in table.routes]
    if output.reading({"routes": found}, database=seen.database, as_json=as_json):
        return
    columns = ("id", "priority", "connector", "company_id", "sender", "kind", "prefix", "country")
    rows = [tuple(r[column] for column in columns) for r in found]
    output.table(
        [column.removesuffix("_id") for column in columns] if rows else columns,
        rows,
        none="There is no route, so nothing can be sent: add one with `smsflow route add --connector NAME`.",
    )


def remove(route: RouteId, *, as_json: Json = False) -> None:
    """Remove a route."""
    transact(lambda tx: routes.remove(tx, route))
    output.result({"id": route, "removed": True}, f"Route {route} is removed.", as_json=as_json)


def explain(
    number: Annotated[str, typer.Argument(help="A recipient, as a customer would write it.")],
    *,
    company: CompanyOption,
    sender: Annotated[str | None, typer.Option(help="The sender asked for; else the default one.")] = None,
    kind: Annotated[KindOption, typer.Option(help="What the SMS is for.")] = "transactional",
    as_json: Json = False,
) -> None:
    """Tell by which connectors an SMS would leave, and why."""

    async def job(tx: Tx) -> dict[str, Any]:
        of = await companies.find(tx, company)
        wanted = Kind[kind.upper()]
        found = await explaining.explain(tx, number, company=of, sender=sender, kind=wanted, now=now())
        return _explained(found, of.id, wanted)

    seen = read(job)
    explained = seen.found
    if output.reading(explained, database=seen.database, as_json=as_json):
        return
    say(_decision(explained))
    output.table(
        ("route", "connector", "taken", "why"),
        [(s["route"], s["connector"], s["taken"], s["why"]) for s in explained["steps"]],
        none="There is no route: add one with `smsflow route add --connector NAME`.",
    )


def _explained(found: Explained, company_id: int, kind: Kind) -> dict[str, Any]:
    return {
        "number": found.number.e164,
        "country": found.number.country,
        "mobile": found.number.mobile,
        "company_id": company_id,
        "sender": found.sender,
        "kind": kind.name.lower(),
        "connectors": found.connectors,
        "refused": found.refused,
        "steps": [_step(step) for step in found.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    name = None if step.connector is None else step.connector.name
    return {"route": step.route.id, "connector": name, "taken": step.taken, "why": step.why}


def _document(route: Route, connector: str) -> dict[str, Any]:
    kind = None if route.kind is None else route.kind.name.lower()
    return {**asdict(route), "connector": connector, "kind": kind}


def _conditions(route: dict[str, Any]) -> str:
    told = [
        f"{route['kind']} SMS" if route["kind"] else "every SMS",
        f"of company {route['company_id']}" if route["company_id"] is not None else "",
        f"from {route['sender']}" if route["sender"] else "",
        "to numbers" if route["country"] or route["prefix"] else "",
        f"in {route['country']}" if route["country"] else "",
        f"that begin with {route['prefix']}" if route["prefix"] else "",
    ]
    return " ".join(filter(None, told))


def _decision(explained: dict[str, Any]) -> str:
    who = f"{explained['number']} ({explained['country']})"
    first, *others = explained["connectors"] or [""]
    if explained["refused"] is not None:
        led = f"; routes lead to {', '.join(explained['connectors'])}" if explained["connectors"] else ""
        return f"{who}: refused: {explained['refused']}{led}"
    fallbacks = f", or else by {', '.join(others)}" if others else ""
    return f"{who}: leaves by {first}{fallbacks}."
