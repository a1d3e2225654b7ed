"""Delivery receipts: applied to the messages whose parts have the operator's ids."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from smsflow.domain.matching import Candidate, Form, ending, fold, names_something
from smsflow.domain.message import FINAL, Status, is_presumed
from smsflow.store.messages.tallies import appended
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.bounds import BLOCK, bounded
from smsflow.store.postgres.transactions import Tx, text


class News(Struct, frozen=True):
    """The news of a receipt about one PDU: the status it leads to, and whether the operator refused it (then credits go back)."""

    account_id: int
    reference: str
    """The operator's id, as it stands."""
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
# Receipts that it does not settle (several parts, other states, ids that are unknown or went to another number) go through `find`.
# The sum (+ 0) keeps the planner from walking all messages in that order when it believes a partition to be empty.
_DELIVERED = bounded(f"""
WITH r AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:accounts AS bigint[]), CAST(:folded AS text[]), CAST(:refs AS text[]), CAST(:endings AS text[]))
        WITH ORDINALITY AS r(account_id, folded, reference, ending, place)
), found AS MATERIALIZED (
    SELECT r.place, r.ending, p.message_id FROM r CROSS JOIN LATERAL (
        SELECT p.message_id, p.total FROM part p WHERE p.account_id = r.account_id AND p.reference = r.folded
        ORDER BY coalesce(p.exact, p.reference) = r.reference DESC, p.message_id + 0 DESC LIMIT 1
    ) AS p WHERE p.total = 1 ORDER BY p.message_id
), delivered AS (
    UPDATE message m SET status = 3, done_at = :now FROM found f
    WHERE m.id = f.message_id AND WITHIN(m.id) AND m.status = 2 AND right(m.number, length(f.ending)) = f.ending
    RETURNING f.place, m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind
), tallied AS ({appended("delivered", delivered="count(*)", sent="-count(*)")}
)
SELECT place FROM delivered
""")


async def deliver(tx: Tx, receipts: Sequence[News], *, near: int, now: datetime) -> set[int]:
    """Settle the plain deliveries among `receipts`; return the places of those that are settled.

    `near` is the id of a message that was sent lately: the statement opens the partitions of the ids before it, where nearly every
    receipt finds its message; any other is left.
    """
    parameters = {
        **_ids([(r.account_id, r.reference) for r in receipts]),
        "endings": texts(ending(r.number) for r in receipts),
        "now": now,
    }
    statement = _DELIVERED((max(near - BLOCK, 0), near))
    return {place - 1 for (place,) in await tx.execute(statement, parameters)}


def _ids(ids: Sequence[tuple[int, str]]) -> dict[str, str]:
    """Return accounts and ids as parameters; an id that names nothing is null, or it would find a message that was given none."""
    named = [reference if names_something(reference) else None for _, reference in ids]
    return {
        "accounts": ints(account_id for account_id, _ in ids),
        "folded": texts(None if r is None else fold(r) for r in named),
        "refs": texts(named),
    }


# Walks part_reference for each id; an operator that uses an id again has several parts by it.
_NAMED = text("""
SELECT r.place, p.message_id, p.number, p.total, coalesce(p.exact, p.reference) = r.reference, p.state
FROM unnest(CAST(:accounts AS bigint[]), CAST(:folded AS text[]), CAST(:refs AS text[])) WITH ORDINALITY
    AS r(account_id, folded, reference, place)
CROSS JOIN LATERAL (
    SELECT p.message_id, p.number, p.total, p.exact, p.reference, p.state FROM part p
    WHERE p.account_id = r.account_id AND p.reference = r.folded ORDER BY p.message_id + 0 DESC LIMIT 200
) AS p
ORDER BY p.message_id DESC, p.number
""")
_SENT_TO = bounded("""
SELECT id, number, sender, status, error FROM message WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id)
""")


async def find(tx: Tx, ids: Sequence[tuple[int, str]]) -> list[list[Candidate]]:
    """Return for each id, given with its account, the messages that have it for one of their parts or more."""
    parts = list(await tx.execute(_NAMED, _ids(ids)))
    known = {message_id for _, message_id, *_ in parts}
    messages: dict[int, tuple[str, str, bool]] = {}
    if known:
        for message_id, number, sender, status, error in await tx.execute(_SENT_TO(known), {"ids": ints(known)}):
            is_open = status not in FINAL or is_presumed(Status(status), error)
            messages[message_id] = (number, sender, is_open)
    found: list[dict[tuple[int, Form], Candidate]] = [{} for _ in ids]
    for place, message_id, part, total, exact, state in parts:
        if message_id in messages:
            form = Form.AS_IT_STANDS if exact else Form.FOLDED
            number, sender, is_open = messages[message_id]
            before = found[place - 1].get((message_id, form))
            numbers = (*before.parts, part) if before else (part,)
            is_open = (is_open and state not in FINAL) or (before is not None and before.is_open)
            found[place - 1][message_id, form] = Candidate(message_id, numbers, total, form, number, sender, is_open)
    return [list(candidates.values()) for candidates in found]


_NOTE = bounded("""
WITH t AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS smallint[]), CAST(:states AS smallint[])) AS t(message_id, number, state)
)
UPDATE part p SET state = t.state FROM t JOIN message m ON m.id = t.message_id AND WITHIN(m.id)
WHERE p.company_id = m.company_id AND p.message_id = m.id AND WITHIN(p.message_id) AND p.number = t.number
    AND (p.state IS NULL OR p.state NOT IN (3, 4, 6))
""")
_STATES = bounded("""
SELECT p.message_id, p.number, p.state FROM message m JOIN part p ON p.company_id = m.company_id AND p.message_id = m.id AND WITHIN(p.message_id)
WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) ORDER BY p.message_id, p.number
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
    for message_id, _number, state in await tx.execute(_STATES(ids), {"ids": ints(ids)}):
        known.setdefault(message_id, []).append(None if state is None else Status(state))
    return known
