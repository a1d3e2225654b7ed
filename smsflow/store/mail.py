"""Mail that waits to be sent, sealed; the company 0 is the platform."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Unsent:
    """A letter that is due, and how often it was tried, this time included."""

    company_id: int
    id: int
    letter_sealed: str
    tries: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Letters that could not be sent: how many still wait after several tries, how many were given up, and the last error."""

    failing: int
    given_up: int
    last_error: str


async def add(tx: Tx, company_id: int, letter_sealed: str, *, now: datetime) -> None:
    """Keep a letter until it is sent."""
    insert = text("""
        INSERT INTO mail (company_id, letter_sealed, created_at, due_at) VALUES (:company_id, :letter, :now, :now)
    """)
    await tx.execute(insert, {"company_id": company_id, "letter": letter_sealed, "now": now})


# Walks mail_due. A process that dies with a letter in hand leaves it to another after the lease.
_CLAIM = text("""
UPDATE mail SET tries = tries + 1, due_at = :leased_until
WHERE (company_id, id) = (
    SELECT company_id, id FROM mail WHERE given_up_at IS NULL AND due_at <= :now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING company_id, id, letter_sealed, tries
""")


async def claim(tx: Tx, *, now: datetime, leased_until: datetime) -> Unsent | None:
    """Return the letter that has been due for the longest, which nobody else gets before `leased_until`; None when none is due."""
    row = (await tx.execute(_CLAIM, {"now": now, "leased_until": leased_until})).one_or_none()
    return None if row is None else Unsent(*row)


async def remove(tx: Tx, unsent: Unsent) -> None:
    """Drop a letter that was sent."""
    statement = text("DELETE FROM mail WHERE company_id = :company_id AND id = :id")
    await tx.execute(statement, {"company_id": unsent.company_id, "id": unsent.id})


async def postpone(tx: Tx, unsent: Unsent, *, error: str, due_at: datetime) -> None:
    """Keep why a letter could not be sent, and when it is tried again."""
    update = text("UPDATE mail SET due_at = :due_at, last_error = :error WHERE company_id = :company_id AND id = :id")
    await tx.execute(update, {"company_id": unsent.company_id, "id": unsent.id, "due_at": due_at, "error": error[:200]})


async def give_up(tx: Tx, unsent: Unsent, *, error: str, now: datetime) -> None:
    """Empty a letter that cannot be sent; its row stays for a while to be counted."""
    update = text("""
        UPDATE mail SET letter_sealed = '', last_error = :error, given_up_at = :now WHERE company_id = :company_id AND id = :id
    """)
    await tx.execute(update, {"company_id": unsent.company_id, "id": unsent.id, "error": error[:200], "now": now})


async def trouble(tx: Tx, *, tries: int, since: datetime) -> Trouble:
    """Return what could not be sent in `tries` tries, or was given up since a time (the table holds only what waits or failed)."""
    query = text("""
        SELECT count(*) FILTER (WHERE given_up_at IS NULL), count(*) FILTER (WHERE given_up_at IS NOT NULL),
            coalesce((array_agg(last_error ORDER BY created_at DESC))[1], '')
        FROM mail WHERE (given_up_at IS NULL AND tries >= :tries) OR given_up_at >= :since
    """)
    return Trouble(*(await tx.execute(query, {"tries": tries, "since": since})).one())


async def forget(tx: Tx, *, before: datetime) -> None:
    """Drop the letters that were given up before this time."""
    await tx.execute(text("DELETE FROM mail WHERE given_up_at < :before"), {"before": before})
