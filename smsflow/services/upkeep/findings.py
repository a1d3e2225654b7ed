"""The findings of `smsflow doctor`: the state of the platform is read in one transaction, then judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import phonenumbers

from smsflow.domain.account import Company
from smsflow.domain.routing import Route
from smsflow.services.mail import outbox
from smsflow.services.upkeep.disks import disks
from smsflow.services.upkeep.words import WORDS, Words
from smsflow.store.accounts import companies
from smsflow.store.mail import Trouble
from smsflow.store.messages import queue, set_aside
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import connectors, dispatchers, receipt_states, routes
from smsflow.store.upkeep import processes
from smsflow.vault import Vault, VaultLocked

# An ordinary message leaves within two seconds; one that waits this long needs somebody to act.
LATE = timedelta(minutes=5)
# A word that did not come for so long is no news.
RECENT = timedelta(days=7)
# An entry that was set aside since yesterday has not been looked at.
FRESH = timedelta(days=1)

# Parts of a disk that are free: somebody should look, and somebody must act.
SCARCE, ALMOST_FULL = 0.1, 0.03
GB = 10**9

State = Literal["ok", "note", "wrong"]


class Octets(int):
    """A number of octets, which is written in GB."""


Value = str | int | timedelta | datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, by a code of `WORDS` and the values of its words."""

    code: str
    state: State
    values: Mapping[str, Value]

    @property
    def words(self) -> Words:
        """Its words, not filled in."""
        return WORDS[self.code]

    @property
    def english(self) -> Words:
        """Its words in English: what was looked at, how it is, and what to do when it is wrong."""
        values = {name: _english(value) for name, value in self.values.items()}
        words = self.words
        return Words(*(part.format_map(values) for part in (words.what, words.says, words.do)))


def _english(value: Value) -> str:
    match value:
        case timedelta():
            return f"{int(value.total_seconds())} s"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case Octets():
            return f"{value / GB:.1f} GB"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is looked at, read in one transaction."""

    companies: Sequence[Company]
    connectors: Sequence[connectors.Connector]
    routes: Sequence[Route]
    binds: Sequence[dispatchers.BindState]
    dispatchers: Sequence[dispatchers.Instance]
    depths: Sequence[queue.Depth]
    shown: Sequence[processes.ProcessShown] = ()
    unknown_states: Sequence[receipt_states.UnknownState] = ()
    refused_entries: Sequence[set_aside.SetAsideCount] = ()
    mail: Trouble | None = None


async def look(tx: Tx, *, now: datetime) -> Seen:
    """Read what is looked at; a dispatcher whose session has ended does not count."""
    # No dispatcher has the id 0: all of them are others.
    running = [i for i in await dispatchers.others(tx, 0) if not await dispatchers.has_gone(tx, i.id)]
    return Seen(
        await companies.companies(tx),
        await connectors.connectors(tx),
        await routes.routes(tx),
        await dispatchers.binds(tx),
        running,
        await queue.depths(tx),
        await processes.processes(tx),
        await receipt_states.unknown(tx),
        await set_aside.counted(tx, since=now - RECENT),
        await outbox.trouble(tx, now=now),
    )


def judge(seen: Seen, vault: Vault, *, now: datetime) -> list[Finding]:
    """Return what is found, in the order of the message."""
    return [
        *_companies(seen),
        *_routes(seen),
        *_serving("web", seen),
        *_dispatchers(seen),
        *_serving("jobs", seen),
        *_clocks(seen),
        *_disks(seen),
        *(finding for c in seen.connectors for finding in _connector(c, seen, vault)),
        *_unknown_states(seen, now),
        *_set_aside(seen, now),
        *_mail(seen),
        *_queue(seen, now),
    ]


def _found(code: str, state: State, /, **values: Value) -> Finding:
    return Finding(code, state, values)


def _companies(seen: Seen) -> Iterator[Finding]:
    if not seen.companies:
        yield _found("companies.none", "note")
    open_to = {c.id for c in seen.connectors if c.enabled}
    for company in seen.companies:
        named = {"id": str(company.id), "name": company.name}
        found = False
        if company.sender(None) is None:
            found = True
            yield _found("company.no_sender", "wrong", **named)
        reaches = company.countries or (company.country,)
        unled = [
            c for c in reaches if not any(_serves(r, company.id, c) and r.connector_id in open_to for r in seen.routes)
        ]
        if unled:
            found = True
            yield _found("company.no_route", "wrong", **named, countries=", ".join(unled), country=unled[0])
        if company.suspended:
            yield _found("company.suspended", "note", **named)
        elif not found:
            yield _found("company.ok", "ok", **named)


def _serves(route: Route, company_id: int, country: str) -> bool:
    return route.company_id in (None, company_id) and route.country in (None, country)


def _routes(seen: Seen) -> Iterator[Finding]:
    if not seen.routes:
        yield _found("routes.none", "wrong")
    connectors = {c.id: c for c in seen.connectors}
    for route in seen.routes:
        connector = connectors.get(route.connector_id)
        if connector is None:
            yield _found("route.orphan", "wrong", id=str(route.id))
        elif not connector.enabled:
            yield _found("route.disabled", "wrong", id=str(route.id), name=connector.name)
        elif route.prefix and route.country and not _may_meet(route.prefix, route.country):
            values = {"id": str(route.id), "country": route.country, "prefix": route.prefix}
            yield _found("route.meets_nobody", "wrong", **values)


def _may_meet(prefix: str, country: str) -> bool:
    """Tell whether a number of the country can start with this prefix."""
    code = str(phonenumbers.country_code_for_region(country))
    digits = prefix.removeprefix("+")
    return digits.startswith(code) or code.startswith(digits)


def _serving(role: Literal["web", "jobs"], seen: Seen) -> Iterator[Finding]:
    """Say where a role runs; a process that has not shown itself for a while is gone, or hangs."""
    known = [s for s in seen.shown if s.process.role == role]
    alive = [s for s in known if s.silent <= processes.SILENCE]
    if alive:
        yield _found("process.ok", "ok", role=role, where=_names(alive))
    elif known:
        last = known[0]
        yield _found(f"{role}.silent", "wrong", role=role, where=_names([last]), seconds=int(last.silent))
    else:
        yield _found(f"{role}.none", "wrong", role=role)


def _clocks(seen: Seen) -> Iterator[Finding]:
    for shown in seen.shown:
        if shown.silent <= processes.SILENCE and abs(shown.clock_ahead) > processes.CLOCK_TOLERANCE:
            side = "clock.ahead" if shown.clock_ahead > 0 else "clock.behind"
            values = {"role": shown.process.role, "host": shown.process.host}
            yield _found(side, "wrong", **values, seconds=round(abs(shown.clock_ahead)))


def _disks(seen: Seen) -> Iterator[Finding]:
    for disk in disks(seen.shown):
        part = disk.free / disk.total
        if part < SCARCE:
            state: State = "wrong" if part < ALMOST_FULL else "note"
            yield _found("disk.low", state, host=disk.host, free=Octets(disk.free), total=Octets(disk.total))


def _names(shown: Sequence[processes.ProcessShown]) -> str:
    return ", ".join(f"{s.process.host} (PID {s.process.pid})" for s in shown)


def _dispatchers(seen: Seen) -> Iterator[Finding]:
    """Say where dispatchers run; one that hangs keeps its session, and is known by its silence."""
    silent = {(s.process.host, s.process.pid) for s in seen.shown if s.silent > processes.SILENCE}
    hanging = [i for i in seen.dispatchers if (i.host, i.pid) in silent]
    alive = [i for i in seen.dispatchers if i not in hanging]
    if alive:
        names = ", ".join(f"{i.host} (PID {i.pid})" for i in alive)
        yield _found("process.ok", "ok", role="dispatch", where=names)
    elif not hanging:
        yield _found("dispatch.none", "wrong", role="dispatch")
    for instance in hanging:
        where = f"{instance.host} (PID {instance.pid})"
        yield _found("dispatch.hangs", "wrong", role="dispatch", where=where)


def _connector(connector: connectors.Connector, seen: Seen, vault: Vault) -> Iterator[Finding]:
    name = connector.name
    try:
        vault.open(connector.password_sealed)
    except VaultLocked:
        yield _found("connector.locked", "wrong", name=name)
    if not connector.enabled:
        yield _found("connector.disabled", "note", name=name)
        return
    alive = {i.id for i in seen.dispatchers}
    binds = [b for b in seen.binds if b.connector_id == connector.id and b.instance_id in alive]
    bound = sum(b.state == "bound" for b in binds)
    if bound:
        address = f"{connector.host}:{connector.port}"
        yield _found("connector.ok", "ok", name=name, bound=bound, binds=connector.binds, address=address)
    for bind in binds:
        if bind.state != "bound":
            values = {"slot": str(bind.slot), "state": bind.state, "detail": bind.detail}
            yield _found("bind.down", "wrong", name=name, **values)
    if not binds and not seen.dispatchers:
        yield _found("connector.waits", "note", name=name)
    elif not binds:
        yield _found("connector.untried", "wrong", name=name)


def _unknown_states(seen: Seen, now: datetime) -> Iterator[Finding]:
    names = {c.id: c.name for c in seen.connectors}
    for state in seen.unknown_states:
        if now - state.last_at < RECENT:
            name = names.get(state.connector_id, str(state.connector_id))
            yield _found("receipts.unknown", "note", name=name, receipts=state.receipts, word=state.word)


def _set_aside(seen: Seen, now: datetime) -> Iterator[Finding]:
    for counted in seen.refused_entries:
        state: State = "wrong" if now - counted.last_at < FRESH else "note"
        values: dict[str, Value] = {"path": counted.path, "last_at": counted.last_at, "error": counted.last_error}
        yield _found("set_aside", state, entries=counted.entries, **values)


def _mail(seen: Seen) -> Iterator[Finding]:
    trouble = seen.mail
    if trouble is not None and (trouble.failing or trouble.given_up):
        error = trouble.last_error or ""
        yield _found("mail.failing", "wrong", failing=trouble.failing, given_up=trouble.given_up, error=error)


def _queue(seen: Seen, now: datetime) -> Iterator[Finding]:
    names = {c.id: c.name for c in seen.connectors}
    if not seen.depths:
        yield _found("queue.empty", "ok")
    for depth in seen.depths:
        name = names.get(depth.connector_id, str(depth.connector_id))
        age = timedelta() if depth.oldest is None else now - depth.oldest
        is_late = bool(depth.waiting) and age > LATE
        values: dict[str, Value] = {"waiting": depth.waiting, "age": age, "planned": depth.planned}
        code = "queue.late" if is_late else "queue.ok" if depth.waiting else "queue.later"
        yield _found(code, "wrong" if is_late else "ok", name=name, **values)
