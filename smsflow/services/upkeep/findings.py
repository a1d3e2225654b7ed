"""The findings of `smsflow doctor`: the state of the platform is read in one transaction, then judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import phonenumbers

from smsflow.domain.account import Company
from smsflow.domain.routing import Route
from smsflow.services.mail import outbox
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

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do when it is wrong."""

    what: str
    state: State
    says: str
    do: str = ""


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
        *_serving("web", "nothing is accepted", seen),
        *_dispatchers(seen),
        *_serving("jobs", "no partitions are made and nothing old is removed", seen),
        *_clocks(seen),
        *(finding for c in seen.connectors for finding in _connector(c, seen, vault)),
        *_unknown_states(seen, now),
        *_set_aside(seen, now),
        *_mail(seen),
        *_queue(seen, now),
    ]


def _companies(seen: Seen) -> Iterator[Finding]:
    if not seen.companies:
        yield Finding("companies", "note", "there is none", "add one: smsflow company add NAME")
    open_to = {c.id for c in seen.connectors if c.enabled}
    for company in seen.companies:
        what = f"company {company.id} ({company.name})"
        found = False
        if company.sender(None) is None:
            found = True
            do = f"give it one: smsflow sender add {company.id} NAME --default"
            yield Finding(what, "wrong", "it has no approved default sender", do)
        reaches = company.countries or (company.country,)
        unled = [
            c for c in reaches if not any(_serves(r, company.id, c) and r.connector_id in open_to for r in seen.routes)
        ]
        if unled:
            found = True
            do = f"add one: smsflow route add --connector NAME --country {unled[0]}"
            yield Finding(what, "wrong", f"no route with an enabled connector leads to {', '.join(unled)}", do)
        if company.suspended:
            yield Finding(what, "note", "it is suspended", f"let it send again: smsflow company resume {company.id}")
        elif not found:
            yield Finding(what, "ok", "it has a default sender and a route")


def _serves(route: Route, company_id: int, country: str) -> bool:
    return route.company_id in (None, company_id) and route.country in (None, country)


def _routes(seen: Seen) -> Iterator[Finding]:
    if not seen.routes:
        yield Finding("routes", "wrong", "there is none, so nothing can be sent", "smsflow route add --connector NAME")
    connectors = {c.id: c for c in seen.connectors}
    for route in seen.routes:
        connector = connectors.get(route.connector_id)
        if connector is None or not connector.enabled:
            says = "its connector is disabled" if connector else "its connector does not exist"
            do = f"enable it: smsflow connector enable {connector.name}" if connector else ""
            do = f"{do}, or remove the route: smsflow route remove {route.id}".removeprefix(", or ")
            yield Finding(f"route {route.id}", "wrong", f"it leads nowhere: {says}", do)
        elif route.prefix and route.country and not _may_meet(route.prefix, route.country):
            do = f"remove it: smsflow route remove {route.id}"
            yield Finding(f"route {route.id}", "wrong", f"no number of {route.country} starts with {route.prefix}", do)


def _may_meet(prefix: str, country: str) -> bool:
    """Tell whether a number of the country can start with this prefix."""
    code = str(phonenumbers.country_code_for_region(country))
    digits = prefix.removeprefix("+")
    return digits.startswith(code) or code.startswith(digits)


def _serving(role: str, otherwise: str, seen: Seen) -> Iterator[Finding]:
    """Say where a role runs; a process that has not shown itself for a while is gone, or hangs."""
    known = [s for s in seen.shown if s.process.role == role]
    alive = [s for s in known if s.silent <= processes.SILENCE]
    if alive:
        yield Finding(role, "ok", f"running on {_names(alive)}")
    elif known:
        last = known[0]
        says = f"{_names([last])} has been silent for {int(last.silent)} s, so {otherwise}"
        yield Finding(role, "wrong", says, f"look at its log, and start it: smsflow run, or smsflow {role}")
    else:
        yield Finding(role, "wrong", f"none is running, so {otherwise}", f"start it: smsflow run, or smsflow {role}")


def _clocks(seen: Seen) -> Iterator[Finding]:
    for shown in seen.shown:
        if shown.silent <= processes.SILENCE and abs(shown.clock_ahead) > processes.CLOCK_TOLERANCE:
            side = "ahead of" if shown.clock_ahead > 0 else "behind"
            says = f"the clock of {shown.process.host} is {abs(shown.clock_ahead):.0f} s {side} the database's"
            do = "set it, and keep it right by NTP; the platform itself goes by the database's clock"
            yield Finding(f"clock of {shown.process.role}", "wrong", says, do)


def _names(shown: Sequence[processes.ProcessShown]) -> str:
    return ", ".join(f"{s.process.host} (process {s.process.pid})" for s in shown)


def _dispatchers(seen: Seen) -> Iterator[Finding]:
    """Say where dispatchers run; one that hangs keeps its session, and is known by its silence."""
    silent = {(s.process.host, s.process.pid) for s in seen.shown if s.silent > processes.SILENCE}
    hanging = [i for i in seen.dispatchers if (i.host, i.pid) in silent]
    alive = [i for i in seen.dispatchers if i not in hanging]
    if alive:
        names = ", ".join(f"{i.host} (process {i.pid})" for i in alive)
        yield Finding("dispatch", "ok", f"running on {names}")
    elif not hanging:
        yield Finding("dispatch", "wrong", "none is running, so nothing leaves", "start it: smsflow run")
    for instance in hanging:
        says = f"{instance.host} (process {instance.pid}) is there and shows no life"
        yield Finding("dispatch", "wrong", says, "look at its log, and start it again")


def _connector(connector: connectors.Connector, seen: Seen, vault: Vault) -> Iterator[Finding]:
    what = f"connector {connector.name}"
    change = f"smsflow connector set {connector.name}"
    try:
        vault.open(connector.password_sealed)
    except VaultLocked:
        do = f"put the old key behind the new one in SMSFLOW_SECRET_KEY, or {change} --password-stdin"
        yield Finding(what, "wrong", "its password cannot be read with the secret key", do)
    if not connector.enabled:
        do = f"when wanted: smsflow connector enable {connector.name}"
        yield Finding(what, "note", "it is disabled", do)
        return
    alive = {i.id for i in seen.dispatchers}
    binds = [b for b in seen.binds if b.connector_id == connector.id and b.instance_id in alive]
    bound = sum(b.state == "bound" for b in binds)
    if bound:
        yield Finding(what, "ok", f"{bound} of {connector.binds} binds to {connector.host}:{connector.port}")
    for bind in binds:
        if bind.state != "bound":
            do = f"look at the operator's side, or change it: {change}"
            yield Finding(what, "wrong", f"bind {bind.slot} is {bind.state}: {bind.detail}", do)
    if not binds and not seen.dispatchers:
        yield Finding(what, "note", "it is not bound, as no dispatcher is running", "start one: smsflow run")
    elif not binds:
        do = "look at the log of dispatch, and at the number of binds that the operator allows"
        yield Finding(what, "wrong", "no dispatcher has tried to bind", do)


def _unknown_states(seen: Seen, now: datetime) -> Iterator[Finding]:
    names = {c.id: c.name for c in seen.connectors}
    for state in seen.unknown_states:
        if now - state.last_at < RECENT:
            name = names.get(state.connector_id, str(state.connector_id))
            says = f"{state.receipts} receipts have the unknown state {state.word}: their SMS stay open"
            yield Finding(f"receipts of {name}", "note", says, "ask the operator what it means, and report it")


def _set_aside(seen: Seen, now: datetime) -> Iterator[Finding]:
    for counted in seen.refused_entries:
        state: State = "wrong" if now - counted.last_at < FRESH else "note"
        says = f"the database refused {counted.entries} in the last days, the last at {counted.last_at:%Y-%m-%d %H:%M} ({counted.last_error})"
        do = "look at the table set_aside, and report what stands there"
        yield Finding(f"set aside: {counted.path}", state, says, do)


def _mail(seen: Seen) -> Iterator[Finding]:
    if seen.mail is not None and (seen.mail.failing or seen.mail.given_up):
        says = f"{seen.mail.failing} letters fail again and again, {seen.mail.given_up} were given up since yesterday ({seen.mail.last_error})"
        yield Finding("mail", "wrong", says, "look at SMSFLOW_SMTP_URL, SMSFLOW_MAIL_FROM and the mail server")


def _queue(seen: Seen, now: datetime) -> Iterator[Finding]:
    names = {c.id: c.name for c in seen.connectors}
    if not seen.depths:
        yield Finding("queue", "ok", "nothing waits")
    for depth in seen.depths:
        name = names.get(depth.connector_id, str(depth.connector_id))
        age = timedelta() if depth.oldest is None else now - depth.oldest
        says = f"{depth.waiting} wait (the oldest for {int(age.total_seconds())} s), {depth.planned} are for later"
        if depth.waiting and age > LATE:
            do = f"see connector {name}: is it bound, and is its rate high enough?"
            yield Finding(f"queue of {name}", "wrong", says, do)
        else:
            yield Finding(f"queue of {name}", "ok", says)
