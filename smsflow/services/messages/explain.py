"""Explaining: by which connectors an SMS would leave, and what would refuse it; nothing is stored."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import phone
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.phone import Number
from smsflow.domain.routing import Step
from smsflow.errors import Refused
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.routing import routes
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class Explained:
    """The connectors of an SMS in the order in which they are tried, with the reasons; `refused` is why it would not be accepted."""

    number: Number
    sender: str
    connectors: tuple[str, ...]
    refused: str | None
    steps: tuple[Step, ...]


async def explain(tx: Tx, typed: str, *, company: Company, sender: str | None, kind: Kind, now: datetime) -> Explained:
    """Tell by which connectors an SMS to a number would leave, and why."""
    table = await routes.table(tx)
    number = phone.parse(typed, country=company.country, parameter="NUMBER")
    found = company.sender(sender)
    name = found.name if found is not None else sender or ""
    order = Order(typed, "x", sender=sender, kind=kind, parameters=("NUMBER", "TEXT", "DATE"))
    try:
        prepare(order, company=company, routes=table, now=now, limits=Limits())
        refused = None
    except Refused as refusal:
        refused = str(refusal)
    ways = table.decide(number, company_id=company.id, sender=name, kind=kind)
    steps = table.explain(number, company_id=company.id, sender=name, kind=kind)
    return Explained(number, name, tuple(table.connectors[c].name for c in ways), refused, tuple(steps))
