"""How far contacts know that a campaign wrote to them: noted behind its turns, in their order, by whoever is free to do it."""

from dataclasses import dataclass
from typing import NamedTuple

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Behind:
    """A campaign of which not all is noted that it has passed, or that is over."""

    company_id: int
    campaign_id: int
    place: int
    passed: int


# campaign_noted is as long as there are campaigns that are not over.
_TAKE = text("""
SELECT n.company_id, n.campaign_id, n.place, r.place
FROM campaign_noted n
JOIN campaign_run r ON r.company_id = n.company_id AND r.campaign_id = n.campaign_id
JOIN campaign c ON c.company_id = n.company_id AND c.id = n.campaign_id
WHERE n.place < r.place OR c.state IN ('finished', 'cancelled')
ORDER BY n.company_id, n.campaign_id LIMIT 1 FOR UPDATE OF n SKIP LOCKED
""")


async def take(tx: Tx) -> Behind | None:
    """Lock and return a campaign that is behind and that nobody else has in hand, or None."""
    row = (await tx.execute(_TAKE)).one_or_none()
    return None if row is None else Behind(*row)


# Walks the primary key between two places.
_WRITTEN = text("""
SELECT place, number, message_id IS NOT NULL FROM campaign_recipient
WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :place AND place <= :passed ORDER BY place LIMIT :limit
""")


class Passed(NamedTuple):
    """A recipient that a campaign has passed, and whether it wrote to them."""

    place: int
    number: str
    written: bool


async def following(tx: Tx, behind: Behind, *, limit: int) -> list[Passed]:
    """Return the next recipients that a campaign has passed."""
    parameters = {
        "company_id": behind.company_id,
        "campaign_id": behind.campaign_id,
        "place": behind.place,
        "passed": behind.passed,
        "limit": limit,
    }
    return [Passed(*row) for row in await tx.execute(_WRITTEN, parameters)]


async def move(tx: Tx, behind: Behind, place: int) -> None:
    """Note that everything is noted up to a place."""
    update = text(
        "UPDATE campaign_noted SET place = :place WHERE company_id = :company_id AND campaign_id = :campaign_id"
    )
    await tx.execute(update, {"place": place, "company_id": behind.company_id, "campaign_id": behind.campaign_id})


async def end(tx: Tx, behind: Behind) -> None:
    """Forget a campaign that is over, and of which all is noted."""
    delete = text("DELETE FROM campaign_noted WHERE company_id = :company_id AND campaign_id = :campaign_id")
    await tx.execute(delete, {"company_id": behind.company_id, "campaign_id": behind.campaign_id})
