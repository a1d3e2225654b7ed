"""Our own numbers and short codes, and the companies that what is sent to them is for."""

from dataclasses import dataclass

from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number that people write to through a connector: all of it a company's, or what begins with its keyword."""

    id: int
    connector_id: int
    connector: str
    number: str
    keyword: str
    company_id: int | None


_SELECT = """
SELECT n.id, n.connector_id, c.name, n.number, n.keyword, n.company_id FROM number n JOIN connector c ON c.id = n.connector_id
"""


async def add(tx: Tx, connector_id: int, number: str, *, keyword: str, company_id: int | None) -> int | None:
    """Add a number; return its id, or None when the connector has it with that keyword."""
    insert = text("""
        INSERT INTO number (connector_id, number, keyword, company_id) VALUES (:connector_id, :number, :keyword, :company_id)
        ON CONFLICT (connector_id, number, keyword) DO NOTHING RETURNING id
    """)
    parameters = {"connector_id": connector_id, "number": number, "keyword": keyword, "company_id": company_id}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def remove(tx: Tx, connector_id: int, number: str, *, keyword: str) -> bool:
    """Remove a number; False when there is none."""
    delete = text("""
        DELETE FROM number WHERE connector_id = :connector_id AND number = :number AND keyword = :keyword RETURNING id
    """)
    parameters = {"connector_id": connector_id, "number": number, "keyword": keyword}
    return (await tx.execute(delete, parameters)).one_or_none() is not None


async def every(tx: Tx) -> list[OwnNumber]:
    """Return every number, by connector."""
    rows = await tx.execute(text(f"{_SELECT} ORDER BY n.connector_id, n.number, n.keyword"))
    return [OwnNumber(*row) for row in rows]


async def of_connector(tx: Tx, connector_id: int) -> list[OwnNumber]:
    """Return the numbers of a connector (walks number_keyword)."""
    rows = await tx.execute(text(f"{_SELECT} WHERE n.connector_id = :id"), {"id": connector_id})
    return [OwnNumber(*row) for row in rows]


async def of_company(tx: Tx, company_id: int) -> list[OwnNumber]:
    """Return the numbers that are a company's, wholly or by its keyword (walks number_company)."""
    rows = await tx.execute(text(f"{_SELECT} WHERE n.company_id = :id"), {"id": company_id})
    return [OwnNumber(*row) for row in rows]
