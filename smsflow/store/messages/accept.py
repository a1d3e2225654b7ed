"""Messages: stored and charged in one statement, read by company."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from smsflow.domain.message import NewMessage, Status
from smsflow.store.postgres.arrays import flags, ints, texts, times
from smsflow.store.postgres.transactions import Tx, text

# One round trip and one commit for a whole batch; about 60 µs of server time a message. company, share and lane_clock are walked
# by their primary keys; message and queue are only appended to. Messages of a company that cannot pay for all of its own (or
# whose state needs a look) are left out: the caller decides on those one by one, under the company's lock, with `checked` set.
_ACCEPT = text("""
WITH debit AS (
    UPDATE company c SET balance = c.balance - d.amount
    FROM unnest(CAST(:payers AS bigint[]), CAST(:amounts AS bigint[])) AS d(company_id, amount)
    WHERE c.id = d.company_id AND c.balance >= d.amount AND (:checked OR NOT c.suspended AND c.send_rate IS NULL)
    RETURNING c.id
), incoming AS MATERIALIZED (
    SELECT nextval('message_id_seq') AS id, t.*
    FROM unnest(
        CAST(:companies AS bigint[]), CAST(:connectors AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:due AS timestamptz[]),
        CAST(:valid_until AS timestamptz[]), CAST(:kinds AS smallint[]), CAST(:segments AS smallint[]), CAST(:sealed AS boolean[]),
        CAST(:numbers AS text[]), CAST(:countries AS text[]), CAST(:senders AS text[]), CAST(:texts AS text[]), CAST(:steps AS bigint[])
    ) WITH ORDINALITY AS t(company_id, connector_id, campaign_id, due_at, valid_until, kind, segments, sealed,
        number, country, sender, text, step, place)
    JOIN debit ON debit.id = t.company_id
), stored AS (
    INSERT INTO message (id, company_id, connector_id, campaign_id, created_at, planned_at, valid_until, kind, status, segments,
        charged, sealed, number, country, sender, text)
    SELECT id, company_id, connector_id, campaign_id, :now, due_at, valid_until, kind, CASE WHEN due_at IS NULL THEN 1 ELSE 5 END,
        segments, segments, sealed, number, country, sender, text
    FROM incoming
), queued AS (
    INSERT INTO queue (message_id, company_id, connector_id, priority, segments, turn, due_at)
    SELECT i.id, i.company_id, i.connector_id, i.kind, i.segments, greatest(s.turn, l.turn, 0) + i.step, i.due_at
    FROM incoming i
    LEFT JOIN share s ON s.company_id = i.company_id AND s.connector_id = i.connector_id AND s.priority = i.kind
    LEFT JOIN lane_clock l ON l.connector_id = i.connector_id AND l.priority = i.kind
), moved AS (
    INSERT INTO share AS s (company_id, connector_id, priority, turn)
    SELECT i.company_id, i.connector_id, i.kind, greatest(max(o.turn), max(l.turn), 0) + max(i.step + i.segments)
    FROM incoming i
    LEFT JOIN share o ON o.company_id = i.company_id AND o.connector_id = i.connector_id AND o.priority = i.kind
    LEFT JOIN lane_clock l ON l.connector_id = i.connector_id AND l.priority = i.kind
    WHERE i.due_at IS NULL
    GROUP BY i.company_id, i.connector_id, i.kind
    ON CONFLICT (company_id, connector_id, priority) DO UPDATE SET turn = greatest(s.turn, excluded.turn)
), booked AS (
    INSERT INTO ledger (company_id, amount, reason, messages, created_at)
    SELECT d.company_id, -d.amount, 'charge', d.messages, :now
    FROM unnest(CAST(:payers AS bigint[]), CAST(:amounts AS bigint[]), CAST(:counts AS integer[])) AS d(company_id, amount, messages)
    JOIN debit ON debit.id = d.company_id
)
SELECT place, id FROM incoming, (SELECT count(pg_notify('smsflow_queue', c)) FROM unnest(CAST(:wake AS text[])) AS c) AS woken
""")


async def accept(
    tx: Tx,
    batch: Sequence[NewMessage],
    *,
    now: datetime,
    wake: Callable[[int], bool] = lambda _connector_id: True,
    checked: bool = False,
) -> list[int | None]:
    """Store, queue and charge `batch`; return each message's id, or None for all messages of a company that could not pay them all.

    With `checked`, the caller holds the companies' locks and has looked at suspension and rate itself.
    """
    payers: dict[int, list[int]] = {}
    steps: dict[tuple[int, int, int], int] = {}
    step_of = []
    for m in batch:
        owed = payers.setdefault(m.company_id, [0, 0])
        owed[0] += m.segments
        owed[1] += 1
        if m.due_at is None:
            lane = (m.company_id, m.connector_id, m.kind)
            step = steps.get(lane, 0)
            steps[lane] = step + m.segments
            step_of.append(step)
        else:
            step_of.append(0)
    ordered = sorted(payers)  # every batch locks companies in this order, so that two batches never wait for each other
    result = await tx.execute(
        _ACCEPT,
        {
            "payers": ints(ordered),
            "amounts": ints(payers[c][0] for c in ordered),
            "counts": ints(payers[c][1] for c in ordered),
            "checked": checked,
            "now": now,
            "companies": ints(m.company_id for m in batch),
            "connectors": ints(m.connector_id for m in batch),
            "campaigns": ints(m.campaign_id for m in batch),
            "due": times(m.due_at for m in batch),
            "valid_until": times(m.valid_until for m in batch),
            "kinds": ints(int(m.kind) for m in batch),
            "segments": ints(m.segments for m in batch),
            "sealed": flags(m.sealed for m in batch),
            "numbers": texts(m.number for m in batch),
            "countries": texts(m.country for m in batch),
            "senders": texts(m.sender for m in batch),
            "texts": texts(m.text for m in batch),
            "steps": ints(step_of),
            "wake": ints({connector for _, connector, _ in steps if wake(connector)}),
        },
    )
    ids: list[int | None] = [None] * len(batch)
    for place, message_id in result:
        ids[place - 1] = message_id
    return ids


# Only the newest rows are walked, by their ids: a batch whose answer was lost is among them.
_STORED = text("""
SELECT m.id, m.company_id, m.number, m.text FROM message m
WHERE m.id > (SELECT last_value FROM message_id_seq) - 100000 AND m.created_at = :now ORDER BY m.id
""")


async def stored(tx: Tx, batch: Sequence[NewMessage], *, now: datetime) -> list[int | None]:
    """Return the id of each message of a batch that was accepted at `now`, None for what was not stored."""
    known: dict[tuple[int, str, str], list[int]] = {}
    for message_id, *rest in await tx.execute(_STORED, {"now": now}):
        known.setdefault((rest[0], rest[1], rest[2]), []).append(message_id)
    found = []
    for m in batch:
        ids = known.get((m.company_id, m.number, m.text))
        found.append(ids.pop(0) if ids else None)
    return found


class Shown(NamedTuple):
    """A message as its company may see it; a named tuple, because a list has a thousand of them."""

    id: int
    created_at: datetime
    number: str
    segments: int
    campaign: str | None
    status: Status
    sender: str
    planned_at: datetime | None


_SHOWN = """
SELECT m.id, m.created_at, m.number, m.segments, c.name, m.status, m.sender, m.planned_at
FROM message m LEFT JOIN campaign c ON c.id = m.campaign_id
"""
_ONE = text(_SHOWN + "WHERE m.id = :id AND m.company_id = :company_id")
_LATEST = text(_SHOWN + "WHERE m.company_id = :company_id ORDER BY m.id DESC LIMIT :limit")


async def find(tx: Tx, company_id: int, message_id: int) -> Shown | None:
    """Return one message of the company, or None."""
    row = (await tx.execute(_ONE, {"id": message_id, "company_id": company_id})).one_or_none()
    return _shown(row) if row else None


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[Shown]:
    """Return the company's last messages, newest first (walks message_company backwards)."""
    return [_shown(row) for row in await tx.execute(_LATEST, {"company_id": company_id, "limit": limit})]


_STATUSES = {int(status): status for status in Status}


def _shown(row: Any) -> Shown:
    return Shown(row[0], row[1], row[2], row[3], row[4], _STATUSES[row[5]], row[6], row[7])


@dataclass(frozen=True, slots=True)
class Closed:
    """A message that ends now, and why; `refund` gives its credits back."""

    message_id: int
    status: Status
    error: str | None
    refund: bool


_LOCK = text("""
SELECT m.id, m.company_id, m.status, m.charged FROM message m WHERE m.id = ANY(CAST(:ids AS bigint[])) ORDER BY m.id FOR NO KEY UPDATE
""")
_CLOSE = text("""
WITH ended AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS smallint[]), CAST(:errors AS text[]), CAST(:refunds AS boolean[]))
        AS t(id, status, error, refund)
)
UPDATE message m SET status = e.status, error = e.error, done_at = :now, charged = CASE WHEN e.refund THEN 0 ELSE m.charged END
FROM ended e WHERE m.id = e.id
""")
_REFUND = text("""
WITH owed AS (
    SELECT * FROM unnest(CAST(:companies AS bigint[]), CAST(:amounts AS bigint[]), CAST(:counts AS integer[])) AS t(company_id, amount, messages)
), paid AS (
    UPDATE company c SET balance = c.balance + o.amount FROM owed o WHERE c.id = o.company_id
)
INSERT INTO ledger (company_id, amount, reason, messages, created_at) SELECT company_id, amount, 'refund', messages, :now FROM owed
""")
_FORGET = text("""
WITH ids AS (SELECT unnest(CAST(:ids AS bigint[])) AS id), dropped AS (DELETE FROM unknown_outcome u USING ids WHERE u.message_id = ids.id)
DELETE FROM queue q USING ids WHERE q.message_id = ids.id
""")


@dataclass(frozen=True, slots=True)
class Locked:
    """What deciding on a message's next status needs; its row is locked until the transaction ends."""

    id: int
    company_id: int
    status: Status
    charged: int


async def lock(tx: Tx, ids: Sequence[int]) -> Mapping[int, Locked]:
    """Lock messages in the order of their ids and return them by id."""
    rows = await tx.execute(_LOCK, {"ids": ints(ids)})
    return {row[0]: Locked(row[0], row[1], Status(row[2]), row[3]) for row in rows}


async def close(tx: Tx, ended: Sequence[Closed], locked: Mapping[int, Locked], *, now: datetime) -> None:
    """Give each message its last status, take it from the queue and return credits where they are due; rows must be locked."""
    if not ended:
        return
    ids = ints(e.message_id for e in ended)
    parameters = {
        "ids": ids,
        "statuses": ints(int(e.status) for e in ended),
        "errors": texts(e.error for e in ended),
        "refunds": flags(e.refund for e in ended),
        "now": now,
    }
    await tx.execute(_CLOSE, parameters)
    await tx.execute(_FORGET, {"ids": ids})
    owed: dict[int, list[int]] = {}
    for e in ended:
        message = locked[e.message_id]
        if e.refund and message.charged:
            total = owed.setdefault(message.company_id, [0, 0])
            total[0] += message.charged
            total[1] += 1
    if owed:
        ordered = sorted(owed)
        amounts = ints(owed[c][0] for c in ordered)
        counts = ints(owed[c][1] for c in ordered)
        await tx.execute(_REFUND, {"companies": ints(ordered), "amounts": amounts, "counts": counts, "now": now})
