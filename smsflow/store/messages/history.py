"""A message with all that is stored of it, and a search among the newest: for people, never on the hot path."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from smsflow.domain.message import Kind, Status
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Part:
    """A PDU that the operator took, and what its receipt said."""

    number: int
    total: int
    reference: str
    state: Status | None


@dataclass(frozen=True, slots=True)
class PlaceInQueue:
    """A message's place in the queue; one that is held has no time to leave at."""

    connector_id: int
    connector: str | None
    held: bool
    due_at: datetime | None
    attempt: int
    claimed: bool


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A message that may have left without an answer, and what comes next."""

    since: datetime
    resend_at: datetime | None
    give_up_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A message with the names of what it belongs to."""

    id: int
    company_id: int
    company: str | None
    suspended: bool
    campaign_id: int | None
    campaign: str | None
    connector_id: int
    connector: str | None
    created_at: datetime
    planned_at: datetime | None
    valid_until: datetime
    sent_at: datetime | None
    done_at: datetime | None
    kind: Kind
    status: Status
    segments: int
    charged: int
    number: str
    country: str
    sender: str
    text: str
    sealed: bool
    error: str | None
    free: bool
    """It answers a STOP, START or HELP."""


_FIELDS = tuple(f.name for f in fields(Stored))
_COLUMNS = """
m.id, m.company_id, co.name, coalesce(co.suspended, false), m.campaign_id, ca.name, m.connector_id, cn.name, m.created_at, m.planned_at,
    m.valid_until, m.sent_at, m.done_at, m.kind, m.status, m.segments, m.charged, m.number, m.country, m.sender, m.text, m.sealed, m.error,
    EXISTS (SELECT FROM inbound_reply r WHERE r.company_id = m.company_id AND r.message_id = m.id)
"""
_NAMES = """
LEFT JOIN company co ON co.id = m.company_id LEFT JOIN campaign ca ON ca.id = m.campaign_id LEFT JOIN connector cn ON cn.id = m.connector_id
"""
_ONE = bounded(f"SELECT {_COLUMNS} FROM message m {_NAMES} WHERE m.id = :id AND WITHIN(m.id)")


async def message(tx: Tx, message_id: int) -> Stored | None:
    """Return a message, whichever company it belongs to, or None."""
    row = (await tx.execute(_ONE((message_id,)), {"id": message_id})).one_or_none()
    return _stored(row) if row else None


async def parts(tx: Tx, company_id: int, message_id: int) -> list[Part]:
    """Return the PDUs that operators took of a message, those of every attempt."""
    query = text("""
        SELECT number, total, reference, state FROM part WHERE company_id = :company_id AND message_id = :id ORDER BY attempt, number
    """)
    return [
        Part(number, total, reference, None if state is None else Status(state))
        for number, total, reference, state in await tx.execute(query, {"company_id": company_id, "id": message_id})
    ]


async def waiting(tx: Tx, message_id: int) -> PlaceInQueue | None:
    """Return a message's place in the queue, or None when it is not there."""
    query = text("""
        SELECT q.connector_id, c.name, coalesce(q.due_at >= timestamptz '9999-12-31 00:00:00+00', false),
            CASE WHEN q.due_at < timestamptz '9999-12-31 00:00:00+00' THEN q.due_at END, q.attempt, q.claimed_by IS NOT NULL
        FROM queue q LEFT JOIN connector c ON c.id = q.connector_id WHERE q.message_id = :id
    """)
    row = (await tx.execute(query, {"id": message_id})).one_or_none()
    return PlaceInQueue(*row) if row else None


async def unsettled(tx: Tx, message_id: int) -> Unsettled | None:
    """Return what is to be done about a message whose outcome is unknown, or None."""
    query = text("SELECT since, resend_at, give_up_at FROM unknown_outcome WHERE message_id = :id")
    row = (await tx.execute(query, {"id": message_id})).one_or_none()
    return Unsettled(*row) if row else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter of a search for messages; None is any. `number` is the digits that a number ends with."""

    company_id: int | None = None
    number: str | None = None
    status: Status | None = None
    campaign_id: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """The messages found, newest first; `until` is where the search ended because it had seen enough, None when it saw all."""

    messages: tuple[Stored, ...]
    until: datetime | None


# No index on the number: it would cost every insert. The newest rows of the company (message_company, backwards) or of all
# (the primary key, backwards) are read, `within` at most: 100,000 take about 0.1 s from memory. The bounds and the order are those of
# the index: for `company_id = …` the planner may walk the primary key instead, past every message of the others.
_OF_COMPANY = "WHERE (m.company_id, m.id) >= (:company_id, 0) AND (m.company_id, m.id) < (:company_id + 1, 0)"
_BY_COMPANY = "ORDER BY m.company_id DESC, m.id DESC"
_BY_ID = "ORDER BY m.id DESC"


async def search(tx: Tx, wanted: Wanted, *, limit: int, within: int) -> Searched:
    """Return up to `limit` messages out of the newest `within` ones."""
    of, order = ("", _BY_ID) if wanted.company_id is None else (_OF_COMPANY, _BY_COMPANY)
    conditions, parameters = _conditions(wanted)
    query = text(f"""
        SELECT {_COLUMNS} FROM (SELECT * FROM message m {of} {order} LIMIT :within) m {_NAMES} {conditions} {order} LIMIT :limit
    """)
    bounds = {"company_id": wanted.company_id, "within": within}
    found = tuple(_stored(row) for row in await tx.execute(query, parameters | bounds | {"limit": limit}))
    if len(found) == limit:
        return Searched(found, None)
    next_one = text(f"SELECT m.created_at FROM message m {of} {order} LIMIT 1 OFFSET :within")
    beyond = (await tx.execute(next_one, bounds)).scalar_one_or_none()
    is_wanted = beyond is not None and (wanted.since is None or beyond >= wanted.since)
    return Searched(found, beyond if is_wanted else None)


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    columns: Mapping[str, tuple[str, Any]] = {
        "number": ("m.number LIKE '%' || :number", wanted.number),
        "status": ("m.status = :status", None if wanted.status is None else int(wanted.status)),
        "campaign_id": ("m.campaign_id = :campaign_id", wanted.campaign_id),
        "since": ("m.created_at >= :since", wanted.since),
    }
    given = {name: condition for name, condition in columns.items() if condition[1] is not None}
    where = " AND ".join(condition for condition, _ in given.values())
    return f"WHERE {where}" if where else "", {name: value for name, (_, value) in given.items()}


def _stored(row: Any) -> Stored:
    columns = dict(zip(_FIELDS, row, strict=True))
    return Stored(**columns | {"kind": Kind(columns["kind"]), "status": Status(columns["status"])})
