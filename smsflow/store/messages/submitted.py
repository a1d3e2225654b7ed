"""Submitted messages: what operators accepted, with a part for each PDU."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from msgspec import Struct

from smsflow.domain.matching import fold
from smsflow.store.messages.tallies import appended
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx


class Sent(Struct, frozen=True):
    """A message that the operator accepted: one reference per PDU."""

    message_id: int
    attempt: int
    references: tuple[str, ...]


_PART = "part (company_id, message_id, attempt, account_id, reference, exact, number, total)"
# The way of nearly every answer: its claim is still held, so that nothing of this attempt can be recorded yet. The first PDU comes with
# its message, and goes with it to its part; only what is longer has others, which are joined.
_FIRST = f"""
WITH gone AS (
    DELETE FROM queue q
    USING unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[]), CAST(:folded AS text[]), CAST(:exact AS text[]), CAST(:totals AS smallint[]))
        AS o(message_id, attempt, folded, exact, total)
    WHERE q.message_id = o.message_id AND q.claimed_by = :instance_id AND q.attempt = o.attempt
    RETURNING o.*
), sent AS (
    UPDATE message m SET status = 2, sent_at = :now, connector_id = :connector_id, error = NULL
    FROM gone WHERE m.id = gone.message_id AND WITHIN(m.id) AND m.status IN (1, 8)
    RETURNING gone.*, m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind
), tallied AS ({appended("sent", sent="count(*)")}
), parts AS (
    INSERT INTO {_PART}
    SELECT company_id, message_id, attempt, :account_id, folded, exact, 1, coalesce(total, 1) FROM sent"""
_OTHERS = """
    UNION ALL SELECT s.company_id, s.message_id, s.attempt, :account_id, o.folded, nullif(o.reference, o.folded), o.number, s.total
    FROM unnest(CAST(:long_ids AS bigint[]), CAST(:long_folded AS text[]), CAST(:long_refs AS text[]), CAST(:long_numbers AS smallint[]))
        AS o(message_id, folded, reference, number)
    JOIN sent s ON s.message_id = o.message_id"""
_RECORDED = """
)
SELECT message_id, attempt FROM sent
"""
_SENT = bounded(f"{_FIRST}{_RECORDED}")
_SENT_LONG = bounded(f"{_FIRST}{_OTHERS}{_RECORDED}")
# A claim that was taken away meanwhile changes no status, unless the message is still unknown from this very attempt, or waits to be
# sent again after it: then this is the answer that was missing, and that attempt counts no more among the lost.
# The references are kept in every case: they are true, and a receipt may come by them; recorded a
# second time, after an answer of the database was lost, they change nothing. The company of what was not ours is found by a trigger.
_SENT_LATE = bounded(f"""
WITH o AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[]), CAST(:folded AS text[]), CAST(:refs AS text[]),
        CAST(:numbers AS smallint[]), CAST(:totals AS smallint[])) AS t(message_id, attempt, folded, reference, number, total)
), gone AS (
    DELETE FROM queue q USING o
    WHERE q.message_id = o.message_id AND o.number = 1 AND q.claimed_by IS NULL AND q.attempt = o.attempt
    RETURNING q.message_id, CASE WHEN q.losses > 0 THEN 1 ELSE 0 END AS found, false AS unknown
), settled AS (
    DELETE FROM unknown_outcome u USING o WHERE u.message_id = o.message_id AND o.number = 1 AND u.attempt = o.attempt
    RETURNING u.message_id, 1 AS found, true AS unknown
), ours AS (
    SELECT * FROM gone UNION ALL SELECT * FROM settled
), sent AS (
    UPDATE message m SET status = 2, sent_at = :now, connector_id = :connector_id, error = NULL, losses = nullif(m.losses - ours.found, 0)
    FROM ours WHERE m.id = ours.message_id AND WITHIN(m.id) AND m.status IN (1, 8)
    RETURNING m.id, m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind, ours.unknown
), tallied AS ({appended("sent", sent="count(*)", unknown="-count(*) FILTER (WHERE unknown)")}
), parts AS (
    INSERT INTO {_PART}
    SELECT s.company_id, o.message_id, o.attempt, :account_id, o.folded, nullif(o.reference, o.folded), o.number, o.total
    FROM o LEFT JOIN sent s ON s.id = o.message_id
    ON CONFLICT DO NOTHING
)
SELECT message_id FROM ours
""")

_message_id = attrgetter("message_id")


async def record_sent(
    tx: Tx,
    sent: Sequence[Sent],
    *,
    connector_id: int,
    account_id: int,
    instance_id: int,
    now: datetime,
) -> int:
    """Record what the operator accepted; return how many of these claims were still held."""
    # Answers come in any order, and a cancel locks the same rows of the queue in that of their ids.
    sent = sorted(sent, key=_message_id)
    way = {"connector_id": connector_id, "account_id": account_id, "instance_id": instance_id, "now": now}
    others = [s for s in sent if len(s.references) > 1]
    statement = _SENT_LONG if others else _SENT
    parameters = {**way, **_firsts(sent), **(_others(others) if others else {})}
    held = {tuple(row) for row in await tx.execute(statement(s.message_id for s in sent), parameters)}
    if len(held) == len(sent):
        return len(held)
    late = [s for s in sent if (s.message_id, s.attempt) not in held]
    found = await tx.execute(_SENT_LATE(s.message_id for s in late), {**way, **_pdus(late)})
    return len(held) + len(found.all())


def _firsts(sent: Sequence[Sent]) -> dict[str, str]:
    """Return each message with its first PDU as parameters."""
    references = [s.references[0] for s in sent]
    folded = [fold(r) for r in references]
    totals = [len(s.references) for s in sent]
    # An array that is shorter than the others ends in nulls: nearly always all are what null stands for.
    return {
        "ids": ints([s.message_id for s in sent]),
        "attempts": ints([s.attempt for s in sent]),
        "folded": texts(folded),
        "exact": "{}"
        if references == folded
        else texts([None if r == f else r for r, f in zip(references, folded, strict=True)]),
        "totals": "{}" if max(totals) == 1 else ints(totals),
    }


def _others(sent: Sequence[Sent]) -> dict[str, str]:
    """Return the PDUs of messages but the first of each as parameters."""
    references = [reference for s in sent for reference in s.references[1:]]
    return {
        "long_ids": ints(s.message_id for s in sent for _ in s.references[1:]),
        "long_folded": texts([fold(r) for r in references]),
        "long_refs": texts(references),
        "long_numbers": ints(number for s in sent for number in range(2, len(s.references) + 1)),
    }


def _pdus(sent: Sequence[Sent]) -> dict[str, str]:
    """Return every PDU of messages as parameters."""
    references = [reference for s in sent for reference in s.references]
    return {
        "ids": ints(s.message_id for s in sent for _ in s.references),
        "attempts": ints(s.attempt for s in sent for _ in s.references),
        "folded": texts([fold(r) for r in references]),
        "refs": texts(references),
        "numbers": ints(number for s in sent for number in range(1, len(s.references) + 1)),
        "totals": ints(len(s.references) for s in sent for _ in s.references),
    }
