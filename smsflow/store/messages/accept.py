"""Messages stored, queued and charged in one statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsflow.domain.message import Kind, NewMessage
from smsflow.store.messages.tallies import appended
from smsflow.store.postgres.arrays import flags, ints, texts, times
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text

# One round trip and one commit for a whole batch; about 50 µs of server time a message. company, share and lane_clock are walked
# by their primary keys, once for each company and lane; message and queue are only appended to. Messages of a company that cannot pay
# for all of its own (or whose state needs a look) are left out: the caller decides on those one by one, under the company's lock, with
# `checked` set. Lanes are numbered from 1 in the order of their arrays.
_ACCEPT = text(
    """
WITH debit AS (
    UPDATE company c SET balance = c.balance - d.amount
    FROM unnest(CAST(:payers AS bigint[]), CAST(:amounts AS bigint[])) AS d(company_id, amount)
    WHERE c.id = d.company_id AND c.balance - c.reserved >= d.amount
        AND (:checked OR NOT c.suspended AND c.send_rate IS NULL AND NOT c.opted_out_of_all)
    RETURNING c.id
), lane AS MATERIALIZED (
    SELECT p.*, greatest(s.turn, l.turn, 0) AS turn
    FROM unnest(CAST(:lane_companies AS bigint[]), CAST(:lane_connectors AS bigint[]), CAST(:lane_kinds AS smallint[]), CAST(:lane_segments AS bigint[]))
        WITH ORDINALITY AS p(company_id, connector_id, priority, segments, lane)
    LEFT JOIN share s ON s.company_id = p.company_id AND s.connector_id = p.connector_id AND s.priority = p.priority
    LEFT JOIN lane_clock l ON l.connector_id = p.connector_id AND l.priority = p.priority
), incoming AS MATERIALIZED (
    SELECT nextval('message_id_seq') AS id, t.*
    FROM unnest(
        CAST(:companies AS bigint[]), CAST(:connectors AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:due AS timestamptz[]),
        CAST(:valid_until AS timestamptz[]), CAST(:kinds AS smallint[]), CAST(:segments AS smallint[]), CAST(:sealed AS boolean[]),
        CAST(:numbers AS text[]), CAST(:countries AS text[]), CAST(:senders AS text[]), CAST(:texts AS text[]), CAST(:lanes AS integer[]), CAST(:steps AS bigint[])
    ) WITH ORDINALITY AS t(company_id, connector_id, campaign_id, due_at, valid_until, kind, segments, sealed,
        number, country, sender, text, lane, step, place)
    JOIN debit ON debit.id = t.company_id
), stored AS (
    INSERT INTO message (id, company_id, connector_id, campaign_id, created_at, planned_at, valid_until, kind, status, segments,
        charged, sealed, number, country, sender, text)
    SELECT id, company_id, connector_id, campaign_id, :now, due_at, valid_until, kind, CASE WHEN due_at IS NULL THEN 1 ELSE 5 END,
        segments, segments, sealed, number, country, sender, text
    FROM incoming
), queued AS (
    INSERT INTO queue (message_id, company_id, connector_id, priority, segments, turn, due_at, campaign_id)
    SELECT id, company_id, connector_id, kind, segments, (SELECT array_agg(turn ORDER BY lane) FROM lane)[lane] + step, due_at, campaign_id
    FROM incoming
), moved AS (
    INSERT INTO share AS s (company_id, connector_id, priority, turn)
    SELECT company_id, connector_id, priority, turn + segments FROM lane JOIN debit ON debit.id = company_id WHERE segments > 0
    ON CONFLICT (company_id, connector_id, priority) DO UPDATE SET turn = greatest(s.turn, excluded.turn)
), booked AS (
    INSERT INTO ledger (company_id, amount, reason, messages, created_at)
    SELECT d.company_id, -d.amount, 'charge', d.messages, :now
    FROM unnest(CAST(:payers AS bigint[]), CAST(:amounts AS bigint[]), CAST(:counts AS integer[])) AS d(company_id, amount, messages)
    JOIN debit ON debit.id = d.company_id
), tallied AS (TALLIED
)
SELECT place, id FROM incoming
""".replace(
        "TALLIED", appended("incoming", hour="CAST(:hour AS timestamptz)", accepted="count(*)", charged="sum(segments)")
    )
)
_ACCEPT_AND_WAKE = _ACCEPT + text(
    ", (SELECT count(pg_notify('smsflow_queue', c)) FROM unnest(CAST(:wake AS text[])) AS c) AS woken"
)


_MAKE_FREE = bounded(f"""
WITH freed AS (
    UPDATE message m SET charged = 0 WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id)
    RETURNING m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind, m.segments
)
{appended("freed", returned="sum(segments)")}
""")


@dataclass(frozen=True, slots=True)
class Packed:
    """Messages as the statement takes them; written before its connection is free, they cost no time."""

    batch: Sequence[NewMessage]
    checked: bool
    parameters: Mapping[str, Any]
    moved: frozenset[int]
    """The connectors that get something to send at once."""


def pack(batch: Sequence[NewMessage], *, checked: bool = False) -> Packed:
    """Write `batch` as the parameters of the statement; for `checked` see `accept`."""
    payers: dict[int, list[int]] = {}
    undecided: set[int] = set()
    lanes: dict[tuple[int, int, int], int] = {}
    lane_segments: list[int] = []
    lane_of = []
    step_of = []
    for m in batch:
        owed = payers.setdefault(m.company_id, [0, 0])
        owed[0] += 0 if m.free else m.segments
        owed[1] += 1
        if m.kind is Kind.MARKETING and not checked:
            undecided.add(m.company_id)
        lane = lanes.setdefault((m.company_id, m.connector_id, m.kind), len(lanes) + 1)
        if lane > len(lane_segments):
            lane_segments.append(0)
        lane_of.append(lane)
        step_of.append(0 if m.due_at else lane_segments[lane - 1])
        lane_segments[lane - 1] += 0 if m.due_at else m.segments
    ordered = sorted(
        payers.keys() - undecided
    )  # every batch locks companies in this order, so that two batches never wait for each other
    parameters = {
        "payers": ints(ordered),
        "amounts": ints(payers[c][0] for c in ordered),
        "counts": ints(payers[c][1] for c in ordered),
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
        "lanes": ints(lane_of),
        "steps": ints(step_of),
        "lane_companies": ints(company for company, _, _ in lanes),
        "lane_connectors": ints(connector for _, connector, _ in lanes),
        "lane_kinds": ints(int(kind) for _, _, kind in lanes),
        "lane_segments": ints(lane_segments),
    }
    moved = frozenset(connector for (_, connector, _), moved in zip(lanes, lane_segments, strict=True) if moved)
    return Packed(batch, checked, parameters, moved)


async def accept(
    tx: Tx,
    batch: Sequence[NewMessage],
    *,
    now: datetime,
    wake: Callable[[int], bool] = lambda _connector_id: True,
    checked: bool = False,
) -> list[int | None]:
    """Store, queue and charge `batch`; return each message's id, or None for all messages of a company that could not pay them all.

    With `checked`, the caller holds the companies' locks and has looked at suspension, rate and opt-outs itself. Without it, all
    messages of a company that has marketing among them are left out too: marketing is accepted under a lock of its own.
    """
    return await accept_packed(tx, pack(batch, checked=checked), now=now, wake=wake)


async def accept_packed(
    tx: Tx, packed: Packed, *, now: datetime, wake: Callable[[int], bool] = lambda _connector_id: True
) -> list[int | None]:
    """Store, queue and charge messages as `accept` does."""
    sleeping = {connector for connector in packed.moved if wake(connector)}
    result = await tx.execute(
        _ACCEPT_AND_WAKE if sleeping else _ACCEPT,
        {
            **packed.parameters,
            "checked": packed.checked,
            "now": now,
            "hour": now.replace(minute=0, second=0, microsecond=0),
            "wake": ints(sleeping),
        },
    )
    ids: list[int | None] = [None] * len(packed.batch)
    for place, message_id in result:
        ids[place - 1] = message_id
    free = [i for i, m in zip(ids, packed.batch, strict=True) if m.free and i is not None]
    if free:
        await tx.execute(_MAKE_FREE(free), {"ids": ints(free)})
    return ids


# Only the newest rows are walked, by their ids: a batch whose answer was lost is among them.
_NEWEST = 100_000
_STORED = bounded("""
SELECT m.id, m.company_id, m.number, m.text FROM message m WHERE m.id > :after AND WITHIN(m.id) AND m.created_at = :now ORDER BY m.id
""")


async def stored(tx: Tx, batch: Sequence[NewMessage], *, now: datetime) -> list[int | None]:
    """Return the id of each message of a batch that was accepted at `now`, None for what was not stored."""
    known: dict[tuple[int, str, str], list[int]] = {}
    last = (await tx.execute(text("SELECT last_value FROM message_id_seq"))).scalar_one()
    after = max(0, last - _NEWEST)
    for message_id, company_id, number, body in await tx.execute(_STORED((after, last)), {"after": after, "now": now}):
        known.setdefault((company_id, number, body), []).append(message_id)
    found = []
    for m in batch:
        ids = known.get((m.company_id, m.number, m.text))
        found.append(ids.pop(0) if ids else None)
    return found
