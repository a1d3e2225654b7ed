"""Opt-outs, and the record of every change of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.optout import Scope
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody who is not written to any more, for marketing or for all but the codes that they ask for; recorded by whom, and why."""

    number: str
    scope: str
    source: str
    since: datetime
    author: str
    reason: str


# Only a change is recorded; marketing never replaces all.
_ADD = text("""
WITH incoming AS MATERIALIZED (SELECT DISTINCT unnest(CAST(:numbers AS text[])) AS number ORDER BY 1), added AS (
    INSERT INTO opt_out AS o (company_id, number, scope, source, since)
    SELECT :company_id, number, :scope, :source, :now FROM incoming
    ON CONFLICT (company_id, number) DO UPDATE SET scope = excluded.scope, source = excluded.source, since = excluded.since
        WHERE o.scope = 'marketing' AND excluded.scope = 'all'
    RETURNING number
)
INSERT INTO opt_out_change (company_id, number, scope, source, author, reason, at)
SELECT :company_id, number, :scope, :source, :author, :reason, :now FROM added RETURNING number
""")
_REMOVE = text("""
WITH removed AS (
    DELETE FROM opt_out WHERE company_id = :company_id AND number = ANY(CAST(:numbers AS text[])) RETURNING number
)
INSERT INTO opt_out_change (company_id, number, scope, source, author, reason, at)
SELECT :company_id, number, NULL, :source, :author, :reason, :now FROM removed RETURNING number
""")


async def add(
    tx: Tx,
    company_id: int,
    numbers: Iterable[str],
    *,
    scope: str,
    source: str,
    author: str,
    reason: str,
    now: datetime,
) -> list[str]:
    """Opt numbers out; return those for which that changed something."""
    parameters = {
        "company_id": company_id,
        "numbers": texts(numbers),
        "scope": scope,
        "source": source,
        "author": author,
        "reason": reason,
        "now": now,
    }
    return [number for (number,) in await tx.execute(_ADD, parameters)]


async def remove(
    tx: Tx, company_id: int, numbers: Iterable[str], *, source: str, author: str, reason: str, now: datetime
) -> list[str]:
    """Opt numbers in again; return those that had opted out."""
    parameters = {
        "company_id": company_id,
        "numbers": texts(numbers),
        "source": source,
        "author": author,
        "reason": reason,
        "now": now,
    }
    return [number for (number,) in await tx.execute(_REMOVE, parameters)]


async def scopes(tx: Tx, company_id: int, numbers: Sequence[str]) -> dict[str, Scope]:
    """Return the scope of those among `numbers` that have opted out (one look at the primary key each)."""
    query = text("""
        SELECT number, scope FROM opt_out WHERE company_id = :company_id AND number = ANY(CAST(:numbers AS text[]))
    """)
    rows = await tx.execute(query, {"company_id": company_id, "numbers": texts(numbers)})
    return {number: Scope(scope) for number, scope in rows}


async def page(tx: Tx, company_id: int, *, after: str, limit: int, ending: str = "", source: str = "") -> list[OptOut]:
    """Return opt-outs behind a number, in the order of their numbers: those that end with digits, and of one source.

    Their last change is a look at opt_out_change_number each.
    """
    query = text("""
        SELECT o.number, o.scope, o.source, o.since, coalesce(last.author, ''), coalesce(last.reason, '') FROM (
            SELECT number, scope, source, since FROM opt_out WHERE company_id = :company_id AND number > :after
                AND (:source = '' OR source = :source) AND number LIKE '%' || :ending
            ORDER BY number LIMIT :limit
        ) AS o LEFT JOIN LATERAL (
            SELECT author, reason FROM opt_out_change c WHERE c.company_id = :company_id AND c.number = o.number
            ORDER BY c.id DESC LIMIT 1
        ) AS last ON true ORDER BY o.number
    """)
    parameters = {"company_id": company_id, "after": after, "limit": limit, "ending": ending, "source": source}
    return [OptOut(*row) for row in await tx.execute(query, parameters)]


@dataclass(frozen=True, slots=True)
class OptOutChange:
    """Somebody opted out, or in again (`scope` is None): by what, recorded by whom, and why."""

    scope: str | None
    source: str
    author: str
    reason: str
    at: datetime


async def history(tx: Tx, company_id: int, number: str, *, limit: int) -> list[OptOutChange]:
    """Return the last changes of one number, newest first (walks opt_out_change_number)."""
    query = text("""
        SELECT scope, source, author, reason, at FROM opt_out_change
        WHERE company_id = :company_id AND number = :number ORDER BY id DESC LIMIT :limit
    """)
    parameters = {"company_id": company_id, "number": number, "limit": limit}
    return [OptOutChange(*row) for row in await tx.execute(query, parameters)]


# Marketing is accepted under the shared side of this lock and somebody opts out under the exclusive one: the second
# waits for a few milliseconds, and sees what the first has done.
_MARKETING_LOCKS = 7305


async def open_marketing(tx: Tx, *company_ids: int) -> None:
    """Keep everybody from opting out of these companies until the transaction ends."""
    await _lock(tx, "pg_advisory_xact_lock_shared", company_ids)


async def close_marketing(tx: Tx, *company_ids: int) -> None:
    """Wait until no marketing of these companies is being accepted, and keep it so until the transaction ends."""
    await _lock(tx, "pg_advisory_xact_lock", company_ids)


async def _lock(tx: Tx, function: str, company_ids: Sequence[int]) -> None:
    # In one order, whatever the order of the companies: two transactions that lock several never wait for each other.
    query = text(f"""
        SELECT {function}(:space, h) FROM (
            SELECT DISTINCT hashint8(c) AS h FROM unnest(CAST(:companies AS bigint[])) AS c ORDER BY h
        ) AS locks
    """)
    await tx.execute(query, {"space": _MARKETING_LOCKS, "companies": ints(company_ids)})


async def close_transactional(tx: Tx, company_id: int) -> None:
    """Have every SMS of this company looked at before it is accepted, from now on; waits for what is being accepted.

    Companies without an opt-out of all never pay for the look.
    """
    await tx.execute(text("UPDATE company SET opted_out_of_all = true WHERE id = :id"), {"id": company_id})
