"""The short addresses by which recipients opt out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.arrays import texts
from smsflow.store.postgres.transactions import Tx, text


async def add(
    tx: Tx, company_id: int, links: Sequence[tuple[str, str]], *, campaign_id: int | None, now: datetime
) -> None:
    """Keep links, each given as (token, number)."""
    insert = text("""
        INSERT INTO stop_link (company_id, token, number, campaign_id, created_at)
        SELECT :company_id, t.token, t.number, :campaign_id, :now
        FROM unnest(CAST(:tokens AS text[]), CAST(:numbers AS text[])) AS t(token, number)
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "tokens": texts(token for token, _ in links),
        "numbers": texts(number for _, number in links),
        "now": now,
    }
    await tx.execute(insert, parameters)


@dataclass(frozen=True, slots=True)
class StopLink:
    """The number that a link was made for, and the campaign whose SMS has it; none for a test."""

    number: str
    campaign_id: int | None


async def find(tx: Tx, company_id: int, token: str) -> StopLink | None:
    """Return a link, or None (one look at the primary key)."""
    query = text("SELECT number, campaign_id FROM stop_link WHERE company_id = :company_id AND token = :token")
    row = (await tx.execute(query, {"company_id": company_id, "token": token})).one_or_none()
    return None if row is None else StopLink(*row)


async def forget(tx: Tx, *, before: datetime, limit: int) -> int:
    """Remove at most `limit` links that were made before then; return how many (stop_link_created holds the oldest blocks)."""
    delete = text("""
        DELETE FROM stop_link WHERE (company_id, token) IN (
            SELECT company_id, token FROM stop_link WHERE created_at < :before LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING company_id
    """)
    return len((await tx.execute(delete, {"before": before, "limit": limit})).all())
