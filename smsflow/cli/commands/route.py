"""`smsflow route`: which SMS leaves by which connector."""

import re
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.options import CompanyFilter, CompanyOption, RouteId
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.domain import phone
from smsflow.domain.message import Kind
from smsflow.domain.routing import ConnectorState, Route, Step, Table
from smsflow.errors import NotFound, Refused
from smsflow.runtime import now
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.store.accounts import companies
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import connectors, routes

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_LAST = 1_000_000

KindOption = Literal["otp", "transactional", "marketing"]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    route = typer.Typer(help="Routes: which SMS leaves by which connector.", no_args_is_help=True)
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
        names = {c.name: c.id for c in await connectors.connectors(tx)}
        if connector not in names:
            raise NotFound(what="connector", id=connector)
        if company is not None and await companies.company(tx, company) is None:
            raise NotFound(what="company", id=company)
        route_id = await routes.add_route(
            tx,
            names[connector],
            priority=priority,
            country=country,
            prefix=prefix,
            company_id=company,
            sender=sender,
            kind=options.kind_of(kind),
        )
        return next(_document(r, connector) for r in await routes.routes(tx) if r.id == route_id)

    route = transact(job)
    output.result(route, f"Route {route['id']} leads {_conditions(route)} to {connector}.", as_json=as_json)


def list_(*, as_json: Json = False) -> None:
    """List every route in the order in which they are tried."""

    async def job(tx: Tx) -> list[dict[str, Any]]:
        table = await _table(tx)
        return [_document(r, table.connectors[r.connector_id].name) for r in table.routes]

    found = transact(job)
    if as_json:
        output.document(found)
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

    async def job(tx: Tx) -> None:
        if not await routes.remove_route(tx, route):
            raise NotFound(what="route", id=route)

    transact(job)
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
    explained = transact(lambda tx: _explain(tx, number, company, sender, Kind[kind.upper()]))
    if as_json:
        output.document(explained)
        return
    print(_decision(explained))
    output.table(
        ("route", "connector", "taken", "why"),
        [(s["route"], s["connector"], s["taken"], s["why"]) for s in explained["steps"]],
        none="There is no route: add one with `smsflow route add --connector NAME`.",
    )


async def _explain(tx: Tx, typed: str, company_id: int, sender: str | None, kind: Kind) -> dict[str, Any]:
    company = await companies.company(tx, company_id)
    if company is None:
        raise NotFound(what="company", id=company_id)
    table = await _table(tx)
    number = phone.parse(typed, country=company.country, parameter="NUMBER")
    found = company.sender(sender)
    name = found.name if found is not None else sender or ""
    ways = table.decide(number, company_id=company.id, sender=name, kind=kind)
    steps = table.explain(number, company_id=company.id, sender=name, kind=kind)
    order = Order(typed, "x", sender=sender, kind=kind, parameters=("NUMBER", "TEXT", "DATE"))
    try:
        prepare(order, company=company, routes=table, now=now(), limits=Limits())
        refused = None
    except Refused as refusal:
        refused = str(refusal)
    return {
        "number": number.e164,
        "country": number.country,
        "mobile": number.mobile,
        "company_id": company.id,
        "sender": name,
        "kind": kind.name.lower(),
        "connectors": [table.connectors[c].name for c in ways],
        "refused": refused,
        "steps": [_step(step) for step in steps],
    }


async def _table(tx: Tx) -> Table:
    known = [ConnectorState(c.id, c.name, c.enabled) for c in await connectors.connectors(tx)]
    return Table(await routes.routes(tx), known)


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
        f"to {route['prefix']}…" if route["prefix"] else "",
        f"to {route['country']}" if route["country"] else "",
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
