"""The numbers that a draft names beside its lists."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from smsflow.store.postgres.arrays import texts
from smsflow.store.postgres.transactions import Tx, text


class ChosenNumber(NamedTuple):
    """A number (E.164) with its country."""

    number: str
    country: str


async def add(tx: Tx, company_id: int, campaign_id: int, numbers: Iterable[tuple[str, str]]) -> None:
    """Keep numbers, each with its country, that a draft names beside its lists; one that is there already is kept once."""
    given = list(numbers)
    insert = text("""
        INSERT INTO campaign_number (company_id, campaign_id, number, country)
        SELECT :company_id, :campaign_id, t.number, t.country
        FROM unnest(CAST(:numbers AS text[]), CAST(:countries AS text[])) AS t(number, country) ON CONFLICT DO NOTHING
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "numbers": texts(n for n, _ in given),
        "countries": texts(c for _, c in given),
    }
    await tx.execute(insert, parameters)


async def copy(tx: Tx, company_id: int, campaign_id: int, *, into: int) -> None:
    """Give another draft the numbers that this campaign names beside its lists."""
    insert = text("""
        INSERT INTO campaign_number (company_id, campaign_id, number, country)
        SELECT company_id, :into, number, country FROM campaign_number
        WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    await tx.execute(insert, {"company_id": company_id, "campaign_id": campaign_id, "into": into})


async def clear(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Remove the numbers that a draft names beside its lists."""
    statement = text("DELETE FROM campaign_number WHERE company_id = :company_id AND campaign_id = :campaign_id")
    await tx.execute(statement, {"company_id": company_id, "campaign_id": campaign_id})


async def count(tx: Tx, company_id: int, campaign_id: int) -> int:
    """Return how many numbers a draft names beside its lists (walks them)."""
    query = text("SELECT count(*) FROM campaign_number WHERE company_id = :company_id AND campaign_id = :campaign_id")
    return int((await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).scalar_one())


async def every(tx: Tx, company_id: int, campaign_id: int) -> list[str]:
    """Return the numbers that a draft names beside its lists, in their order."""
    query = text(
        "SELECT number FROM campaign_number WHERE company_id = :company_id AND campaign_id = :campaign_id ORDER BY number"
    )
    return [number for (number,) in await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})]


_NUMBERS = text("""
SELECT number, country FROM campaign_number
WHERE company_id = :company_id AND campaign_id = :campaign_id AND number > :after ORDER BY number LIMIT :limit
""")


async def page(tx: Tx, company_id: int, campaign_id: int, *, after: str, limit: int) -> list[ChosenNumber]:
    """Return the numbers behind `after` that a draft names, each with its country."""
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "after": after, "limit": limit}
    return [ChosenNumber(*row) for row in await tx.execute(_NUMBERS, parameters)]


async def among(tx: Tx, company_id: int, campaign_id: int, numbers: Sequence[str]) -> set[str]:
    """Return those of `numbers` that a draft names (one look at the primary key each)."""
    query = text("""
        SELECT number FROM campaign_number
        WHERE company_id = :company_id AND campaign_id = :campaign_id AND number = ANY(CAST(:numbers AS text[]))
    """)
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "numbers": texts(numbers)}
    return {number for (number,) in await tx.execute(query, parameters)}
