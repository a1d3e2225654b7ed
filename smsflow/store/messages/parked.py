"""Receipts that came before their message was recorded, or that no message was found for: kept, and looked at again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from smsflow.domain.matching import fold
from smsflow.domain.message import Status
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.arrays import flags, ints, texts, times
from smsflow.store.postgres.transactions import Tx, text

# An operator that sends receipts of somebody else's messages fills no disk: the oldest are dropped beyond so many of an account.
MOST = 100_000

_PARK = text("""
INSERT INTO parked_receipt (account_id, reference, exact, status, refused, error, number, sender, forms, received_at)
SELECT t.account_id, t.reference, t.exact, t.status, t.refused, t.error, t.number, t.sender, CAST(t.forms AS text[]), t.received_at
FROM unnest(CAST(:accounts AS bigint[]), CAST(:folded AS text[]), CAST(:refs AS text[]), CAST(:statuses AS smallint[]),
    CAST(:refused AS boolean[]), CAST(:errors AS text[]), CAST(:numbers AS text[]), CAST(:senders AS text[]), CAST(:forms AS text[]),
    CAST(:times AS timestamptz[]))
    AS t(account_id, reference, exact, status, refused, error, number, sender, forms, received_at)
""")


async def park(tx: Tx, receipts: Sequence[News], *, forms: Callable[[str], Iterable[str]], now: datetime) -> None:
    """Keep receipts; `forms` gives the other ways of writing a reference."""
    parameters = {
        "accounts": ints(r.account_id for r in receipts),
        "folded": texts(fold(r.reference) for r in receipts),
        "refs": texts(r.reference for r in receipts),
        "statuses": ints(int(r.status) for r in receipts),
        "refused": flags(r.refused for r in receipts),
        "errors": texts(r.error for r in receipts),
        "numbers": texts(r.number for r in receipts),
        "senders": texts(r.sender for r in receipts),
        "forms": texts(texts(forms(r.reference)) for r in receipts),
        "times": times(r.parked_at or now for r in receipts),
    }
    await tx.execute(_PARK, parameters)


# When an unknown message `u` may be what a receipt `r` speaks of: not when it was accepted, or planned for a time, after that came.
_MAY_BE = """
    u.account_id = r.account_id AND u.number = r.number AND u.sender = r.sender
    AND (SELECT greatest(m.created_at, m.planned_at) FROM message m WHERE m.id = u.message_id) <= r.received_at
"""
_UNKNOWN_TO = text(f"""
SELECT r.place, min(u.message_id)
FROM unnest(CAST(:accounts AS bigint[]), CAST(:numbers AS text[]), CAST(:senders AS text[]), CAST(:parked AS timestamptz[]))
    WITH ORDINALITY AS r(account_id, number, sender, received_at, place)
JOIN unknown_outcome u ON {_MAY_BE}
GROUP BY r.place HAVING count(*) = 1 AND max(u.segments) = 1
""")


async def guess(tx: Tx, receipts: Sequence[News]) -> dict[int, int]:
    """Return, by place, the one unknown message that a parked receipt with a foreign reference can only speak of.

    A message whose response was lost has no reference: it is recognised when it has one part and is the only unknown one, of
    however many parts, from this sender to this number at this operator.
    """
    parameters = {
        "accounts": ints(r.account_id for r in receipts),
        "numbers": texts(r.number for r in receipts),
        "senders": texts(r.sender for r in receipts),
        "parked": times(r.parked_at for r in receipts),
    }
    return dict((place - 1, message_id) for place, message_id in await tx.execute(_UNKNOWN_TO, parameters))  # noqa: C402


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look among the parked receipts of an account.

    `answered` is a moment: every submit before it has its answer. Only a receipt from before may be guessed (see `guess`),
    as one that came later may be the early receipt of a message whose answer is still on its way.
    """

    account_id: int
    answered: datetime
    after: tuple[datetime, int] = (datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Looked:
    """A page of parked receipts: those that may have a message now, and where the page of each account ended."""

    ready: list[int]
    ends: dict[int, tuple[datetime, int]]
    full: set[int]
    """The accounts that have more behind the end."""


def _page(order: str) -> str:
    return f"""
        SELECT r.account_id, r.id, r.received_at,
            EXISTS (SELECT FROM part p WHERE p.account_id = r.account_id AND p.reference = ANY(r.forms || r.reference) AND p.reference <> '')
            OR r.received_at < r.answered AND (
                SELECT count(*) = 1 AND max(u.segments) = 1 FROM unknown_outcome u WHERE {_MAY_BE})
        FROM unnest(CAST(:accounts AS bigint[]), CAST(:answered AS timestamptz[]), CAST(:times AS timestamptz[]), CAST(:ids AS bigint[]))
            AS a(account_id, answered, received_at, id)
        CROSS JOIN LATERAL (
            SELECT r.*, a.answered FROM parked_receipt r
            WHERE r.account_id = a.account_id AND (r.received_at, r.id) > (a.received_at, a.id)
            ORDER BY r.received_at {order}, r.id {order} LIMIT :limit
        ) AS r
    """


# Both walk parked_receipt_account, from the one end or the other.
_OLDEST = text(_page("ASC"))
_NEWEST = text(_page("DESC"))


async def look(tx: Tx, looks: Sequence[Look], *, newest: bool, limit: int) -> Looked:
    """Look at up to `limit` parked receipts of each account behind its place: the oldest of them, or the newest."""
    parameters = {
        "accounts": ints(k.account_id for k in looks),
        "answered": times(k.answered for k in looks),
        "times": times(k.after[0] for k in looks),
        "ids": ints(k.after[1] for k in looks),
        "limit": limit,
    }
    seen = Looked([], {}, set())
    counts: dict[int, int] = {}
    for account_id, parked_id, received_at, is_ready in await tx.execute(_NEWEST if newest else _OLDEST, parameters):
        counts[account_id] = counts.get(account_id, 0) + 1
        seen.ends[account_id] = max(seen.ends.get(account_id, (received_at, parked_id)), (received_at, parked_id))
        if is_ready:
            seen.ready.append(parked_id)
    seen.full.update(account_id for account_id, count in counts.items() if count == limit)
    return seen


_LOCK = text("""
SELECT id, account_id, coalesce(exact, reference), status, refused, error, number, sender, received_at FROM parked_receipt
WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY received_at, id FOR UPDATE SKIP LOCKED
""")


async def lock(tx: Tx, ids: Sequence[int]) -> list[tuple[int, News]]:
    """Lock parked receipts and return them with their ids; those that another looks at are left to it."""
    return [
        (parked_id, News(account_id, reference, Status(status), *rest))
        for parked_id, account_id, reference, status, *rest in await tx.execute(_LOCK, {"ids": ints(ids)})
    ]


async def drop(tx: Tx, ids: Sequence[int]) -> None:
    """Drop parked receipts that were settled."""
    await tx.execute(text("DELETE FROM parked_receipt WHERE id = ANY(CAST(:ids AS bigint[]))"), {"ids": ints(ids)})


async def accounts(tx: Tx) -> list[int]:
    """Return the accounts that have parked receipts, walking parked_receipt_account from one to the next."""
    query = text("""
        WITH RECURSIVE a AS (
            SELECT min(account_id) AS id FROM parked_receipt
            UNION ALL SELECT (SELECT min(account_id) FROM parked_receipt WHERE account_id > a.id) FROM a WHERE a.id IS NOT NULL
        )
        SELECT id FROM a WHERE id IS NOT NULL
    """)
    return [account_id for (account_id,) in await tx.execute(query)]


_FORGET = text("""
DELETE FROM parked_receipt r USING unnest(CAST(:accounts AS bigint[])) AS a(account_id)
WHERE r.account_id = a.account_id AND r.received_at < greatest(CAST(:before AS timestamptz), (
    SELECT o.received_at FROM parked_receipt o WHERE o.account_id = a.account_id ORDER BY o.received_at DESC OFFSET :most LIMIT 1
)) RETURNING r.id
""")


async def forget(tx: Tx, *, before: datetime, most: int = MOST) -> int:
    """Drop parked receipts that came before this time and never found a message, and the oldest of an account beyond `most`."""
    parameters: Mapping[str, object] = {"accounts": ints(await accounts(tx)), "before": before, "most": most - 1}
    return len((await tx.execute(_FORGET, parameters)).all())
