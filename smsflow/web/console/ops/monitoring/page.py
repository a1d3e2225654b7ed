"""Monitoring: what `smsflow doctor` finds, red first with what to do, then each connector with its binds and its queue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services.upkeep import findings, pace
from smsflow.services.upkeep.findings import GB, Finding, Octets, Seen, State, Value
from smsflow.web.console.shell.locale import Locale, own
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A finding in the reader's language."""

    what: str
    says: str
    do: str


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A connector: its state with the tone of its badge, its binds, and what waits for it."""

    name: str
    state: str
    tone: str
    bound: int
    binds: int
    waiting: int
    planned: int
    oldest: timedelta | None


class Monitoring:
    """`/ops`."""

    access = Right.SEE_PLATFORM

    def __init__(self, shell: Shell) -> None:
        """Watch the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        now = self._shell.clock()
        async with self._shell.platform.database.transaction() as tx:
            seen = await findings.look(tx, now=now)
            at_present = await pace.pace(tx, list(seen.shown), now=now)
        found = findings.judge(seen, self._shell.platform.vault, now=now)
        await self._shell.show(
            req,
            resp,
            visitor,
            "ops/monitoring/page.html",
            wrong=_of(found, "wrong", visitor.locale),
            watched=_of(found, "note", visitor.locale),
            fine=_of(found, "ok", visitor.locale),
            connectors=list(_lines(seen, now)),
            pace=at_present,
            octets=lambda number: _octets(number, visitor.locale),
        )

    on_head = on_get


def _of(found: list[Finding], state: State, locale: Locale) -> list[FindingCard]:
    return [card(f, locale) for f in found if f.state == state]


def card(found: Finding, locale: Locale) -> FindingCard:
    """Return a finding in the reader's language; texts of people and operators stay as they wrote them."""
    values = {name: _written(value, locale) for name, value in found.values.items()}
    parts = (found.words.what, found.words.says, found.words.do)
    what, says, do = (locale.gettext(part, **values) if part else "" for part in parts)
    return FindingCard(what[:1].upper() + what[1:], says[:1].upper() + says[1:], do)


def _written(value: Value, locale: Locale) -> object:
    match value:
        case timedelta():
            return locale.duration(value)
        case datetime():
            return locale.time(value)
        case Octets():
            return _octets(value, locale)
        case str():
            return own(value)
        case _:
            return value


def _octets(number: int, locale: Locale) -> str:
    return locale.gettext("{n} GB", n=locale.number(number / GB, 1))


def _lines(seen: Seen, now: datetime) -> Iterator[ConnectorLine]:
    """Return the connectors as they are, those that are down first."""
    alive = {i.id for i in seen.dispatchers}
    depths = {d.connector_id: d for d in seen.depths}
    lines = []
    for connector in seen.connectors:
        binds = [b for b in seen.binds if b.connector_id == connector.id and b.instance_id in alive]
        bound = sum(b.state == "bound" for b in binds)
        depth = depths.get(connector.id)
        state, tone = (
            (gettext("Disabled"), "idle")
            if not connector.enabled
            else (gettext("Bound"), "good")
            if bound
            else (gettext("Down"), "bad")
        )
        oldest = None if depth is None or depth.oldest is None or not depth.waiting else now - depth.oldest
        waiting, planned = (0, 0) if depth is None else (depth.waiting, depth.planned)
        lines.append(ConnectorLine(connector.name, state, tone, bound, connector.binds, waiting, planned, oldest))
    order = {"bad": 0, "good": 1, "idle": 2}
    yield from sorted(lines, key=lambda line: order[line.tone])
