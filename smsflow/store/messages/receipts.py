"""Delivery receipts: matched to messages by the operator's reference, parked when they come early."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Status
from smsflow.store.postgres.arrays import flags, ints, texts, times
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class News:
    """What a receipt says of one PDU: the status it leads to, and whether the operator refused it (then credits go back)."""

    account_id: int
    reference: str
    status: Status
    refused: bool
    error: str | None
    number: str
    sender: str
    parked_at: datetime | None = None
    """When it came, if it had to wait for its message."""
    flagged: bool = True
    """The operator flags it as a receipt; otherwise a person may have written it (docs/smpp.md, rule 8)."""
    other_reference: str = ""
    """The id in its text, where its parameters have another one."""


# The way of nearly every receipt: one PDU, accepted before, now delivered. part_reference finds the row, message is updated in place.
# What this statement does not settle (several parts, other states, references that are unknown or mean another number) goes through
# `find`. The sum keeps the planner from walking all of part_message in that order when it believes a partition to be empty. The last eight digits of a number are the same however an operator writes it.
_ONLY_PARTS = text("""
SELECT r.place, p.message_id FROM unnest(CAST(:accounts AS bigint[]), CAST(:refs AS text[])) WITH ORDINALITY AS r(account_id, reference, place)
CROSS JOIN LATERAL (
    SELECT p.message_id, p.total FROM part p WHERE p.account_id = r.account_id AND p.reference = r.reference
    ORDER BY p.message_id + 0 DESC LIMIT 1
) AS p WHERE p.total = 1
""")
_DELIVERED = bounded("""
UPDATE message m SET status = 3, done_at = :now
FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS text[])) AS f(message_id, number)
WHERE m.id = f.message_id AND WITHIN(m.id) AND m.status = 2 AND right(m.number, 8) = right(f.number, 8) RETURNING m.id
""")


async def deliver(tx: Tx, receipts: Sequence[News], *, now: datetime) -> set[int]:
    """Settle the plain deliveries among `receipts`; return the places of those that are settled."""
    named = {"accounts": ints(r.account_id for r in receipts), "refs": _references(receipts)}
    found = [(place - 1, message_id) for place, message_id in await tx.execute(_ONLY_PARTS, named)]
    if not found:
        return set()
    ids = [message_id for _, message_id in found]
    parameters = {"ids": ints(ids), "numbers": texts(receipts[place].number for place, _ in found), "now": now}
    done = {message_id for (message_id,) in await tx.execute(_DELIVERED(ids), parameters)}
    return {place for place, message_id in found if message_id in done}


def _references(receipts: Iterable[News]) -> str:
    """Return the references, null where there is none: one that names nothing must not find a message that was given none."""
    return texts(r.reference or None for r in receipts)


@dataclass(frozen=True, slots=True)
class Found:
    """A part with the reference of a receipt; `agrees` when it went to the number that the receipt is about."""

    message_id: int
    number: int
    total: int
    agrees: bool


_NAMED = text("""
SELECT r.place, p.message_id, p.number, p.total
FROM unnest(CAST(:accounts AS bigint[]), CAST(:refs AS text[])) WITH ORDINALITY AS r(account_id, reference, place)
CROSS JOIN LATERAL (
    SELECT p.message_id, p.number, p.total FROM part p WHERE p.account_id = r.account_id AND p.reference = r.reference
    ORDER BY p.message_id + 0 DESC LIMIT 1
) AS p
""")
_NUMBERS = bounded("SELECT id, number FROM message WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id)")


async def find(tx: Tx, receipts: Sequence[News]) -> dict[int, Found]:
    """Return, by place, the parts that receipts name by account and reference."""
    named = {"accounts": ints(r.account_id for r in receipts), "refs": _references(receipts)}
    parts = list(await tx.execute(_NAMED, named))
    ids = {message_id for _, message_id, _, _ in parts}
    numbers = dict(await tx.execute(_NUMBERS(ids), {"ids": ints(ids)})) if ids else {}
    return {
        place - 1: Found(message_id, number, total, numbers[message_id][-8:] == receipts[place - 1].number[-8:])
        for place, message_id, number, total in parts
        if message_id in numbers
    }


_NOTE = bounded("""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS smallint[]), CAST(:states AS smallint[])) AS t(message_id, number, state)
)
UPDATE part p SET state = t.state FROM t
WHERE p.message_id = t.message_id AND WITHIN(p.message_id) AND p.number = t.number AND (p.state IS NULL OR p.state NOT IN (3, 4, 6))
""")
_STATES = bounded("""
SELECT message_id, number, state FROM part WHERE message_id = ANY(CAST(:ids AS bigint[])) AND WITHIN(message_id) ORDER BY message_id, number
""")


async def note_parts(tx: Tx, states: Sequence[tuple[int, int, Status]]) -> dict[int, list[Status | None]]:
    """Keep the states of parts, given as (message, number, state); return the states of all parts of these messages, in order."""
    ids = sorted({s[0] for s in states})
    parameters = {
        "ids": ints(s[0] for s in states),
        "numbers": ints(s[1] for s in states),
        "states": ints(int(s[2]) for s in states),
    }
    await tx.execute(_NOTE(ids), parameters)
    known: dict[int, list[Status | None]] = {}
    for message_id, _, state in await tx.execute(_STATES(ids), {"ids": ints(ids)}):
        known.setdefault(message_id, []).append(None if state is None else Status(state))
    return known


# When an unknown message `u` may be what a receipt `r` speaks of: not when it was accepted, or planned for a time, after that came.
_MAY_BE = """
    u.account_id = r.account_id AND u.number = r.number AND u.sender = r.sender AND u.segments = 1
    AND (SELECT greatest(m.created_at, m.planned_at) FROM message m WHERE m.id = u.message_id) <= r.received_at
"""
_UNKNOWN_TO = text(f"""
SELECT r.place, min(u.message_id)
FROM unnest(CAST(:accounts AS bigint[]), CAST(:numbers AS text[]), CAST(:senders AS text[]), CAST(:parked AS timestamptz[]))
    WITH ORDINALITY AS r(account_id, number, sender, received_at, place)
JOIN unknown_outcome u ON {_MAY_BE}
GROUP BY r.place HAVING count(*) = 1
""")


async def guess(tx: Tx, receipts: Sequence[News]) -> dict[int, int]:
    """Return, by place, the one unknown message that a parked receipt with a foreign reference can only speak of.

    A message whose response was lost has no reference: it is recognised when it is the only unknown one of one part from this
    sender to this number at this operator.
    """
    parameters = {
        "accounts": ints(r.account_id for r in receipts),
        "numbers": texts(r.number for r in receipts),
        "senders": texts(r.sender for r in receipts),
        "parked": times(r.parked_at for r in receipts),
    }
    return {row[0] - 1: row[1] for row in await tx.execute(_UNKNOWN_TO, parameters)}


_PARK = text("""
INSERT INTO parked_receipt (account_id, reference, status, refused, error, number, sender, forms, received_at)
SELECT t.account_id, t.reference, t.status, t.refused, t.error, t.number, t.sender, string_to_array(t.forms, chr(10)), t.received_at
FROM unnest(CAST(:accounts AS bigint[]), CAST(:refs AS text[]), CAST(:statuses AS smallint[]), CAST(:refused AS boolean[]),
    CAST(:errors AS text[]), CAST(:numbers AS text[]), CAST(:senders AS text[]), CAST(:forms AS text[]), CAST(:times AS timestamptz[]))
    AS t(account_id, reference, status, refused, error, number, sender, forms, received_at)
""")


async def park(tx: Tx, receipts: Sequence[News], *, forms: Callable[[str], Iterable[str]], now: datetime) -> None:
    """Keep receipts that came before their submit was recorded; `forms` gives the other ways of writing a reference."""
    await tx.execute(
        _PARK,
        {
            "accounts": ints(r.account_id for r in receipts),
            "refs": texts(r.reference for r in receipts),
            "statuses": ints(int(r.status) for r in receipts),
            "refused": flags(r.refused for r in receipts),
            "errors": texts(r.error for r in receipts),
            "numbers": texts(r.number for r in receipts),
            "senders": texts(r.sender for r in receipts),
            "forms": texts("\n".join(forms(r.reference)) for r in receipts),
            "times": times(r.parked_at or now for r in receipts),
        },
    )


_UNPARK = text(f"""
DELETE FROM parked_receipt WHERE id IN (
    SELECT r.id FROM parked_receipt r
    LEFT JOIN unnest(CAST(:accounts AS bigint[]), CAST(:answered AS timestamptz[])) AS a(account_id, answered) ON a.account_id = r.account_id
    WHERE r.received_at >= :since
      AND (EXISTS (SELECT FROM part p WHERE p.account_id = r.account_id AND p.reference = ANY(array_remove(r.reference || r.forms, '')))
        OR r.received_at < a.answered
            AND (SELECT count(*) FROM unknown_outcome u WHERE {_MAY_BE}) = 1)
    ORDER BY r.received_at, r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
) RETURNING account_id, reference, status, refused, error, number, sender, received_at
""")


async def unpark(tx: Tx, *, since: datetime, answered: Mapping[int, datetime], limit: int) -> list[News]:
    """Take out the parked receipts that came since then and have a message now.

    `answered` gives, by account, a moment: whatever was submitted before it has its answer. Only a receipt from before may be guessed
    (see `guess`), as one that came later may be the early receipt of a message whose answer is still on its way.
    """
    parameters = {"since": since, "accounts": ints(answered), "answered": times(answered.values()), "limit": limit}
    rows = await tx.execute(_UNPARK, parameters)
    return [News(r[0], r[1], Status(r[2]), *r[3:]) for r in rows]


async def forget_parked(tx: Tx, *, before: datetime) -> int:
    """Drop parked receipts that came before this time and never found a message; return how many."""
    result = await tx.execute(
        text("DELETE FROM parked_receipt WHERE received_at < :before RETURNING id"), {"before": before}
    )
    return len(result.all())
