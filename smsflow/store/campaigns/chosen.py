"""The numbers that a draft names beside its lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from smsflow.store.postgres.arrays import texts
from smsflow.store.postgres.transactions import Tx, text


class ChosenNumber(NamedTuple):
    """A number (E.164) with its country, and the values of its row where it comes from a file with columns."""

    number: str
    country: str
    values: Mapping[str, str] | None = None


_encode = msgspec.json.Encoder().encode


async def add(tx: Tx, company_id: int, campaign_id: int, numbers: Iterable[ChosenNumber]) -> None:
    """Keep numbers that a draft names beside its lists; one that is there already is kept once, with its values."""
    given = list(numbers)
    insert = text("""
        INSERT INTO campaign_number (company_id, campaign_id, number, country, "values")
        SELECT :company_id, :campaign_id, t.number, t.country, CAST(t."values" AS jsonb)
        FROM unnest(CAST(:numbers AS text[]), CAST(:countries AS text[]), CAST(:values AS text[])) AS t(number, country, "values")
        ON CONFLICT DO NOTHING
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "numbers": texts(n.number for n in given),
        "countries": texts(n.country for n in given),
        "values": texts(_encode(n.values).decode() if n.values else None for n in given),
    }
    await tx.execute(insert, parameters)


async def copy(tx: Tx, company_id: int, campaign_id: int, *, into: int) -> None:
    """Give another draft the numbers that this campaign names beside its lists."""
    insert = text("""
        INSERT INTO campaign_number (company_id, campaign_id, number, country, "values")
        SELECT company_id, :into, number, country, "values" FROM campaign_number
        WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    await tx.execute(insert, {"company_id": company_id, "campaign_id": campaign_id, "into": into})


async def keep(tx: Tx, company_id: int, campaign_id: int, numbers: Iterable[str]) -> None:
    """Remove the numbers that a draft names beside its lists, but for those that it still names."""
    statement = text("""
        DELETE FROM campaign_number c WHERE company_id = :company_id AND campaign_id = :campaign_id
            AND NOT EXISTS (SELECT FROM unnest(CAST(:numbers AS text[])) AS t(number) WHERE t.number = c.number)
    """)
    await tx.execute(statement, {"company_id": company_id, "campaign_id": campaign_id, "numbers": texts(numbers)})


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
SELECT number, country, "values" FROM campaign_number
WHERE company_id = :company_id AND campaign_id = :campaign_id AND number > :after ORDER BY number LIMIT :limit
""")


async def page(tx: Tx, company_id: int, campaign_id: int, *, after: str, limit: int) -> list[ChosenNumber]:
    """Return the numbers behind `after` that a draft names."""
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
