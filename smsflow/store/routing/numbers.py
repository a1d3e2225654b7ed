"""Our own numbers and short codes, and the companies that what is sent to them is for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from smsflow.store.postgres.arrays import ints, octets
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


@dataclass(frozen=True, slots=True)
class LastWriter:
    """The company that last wrote marketing to somebody through a connector, and by which of its campaigns if it was one."""

    company_id: int
    campaign_id: int | None


# In the order of the hashes, so that two transactions never wait for each other. A row changes once a day and campaign at most.
_WROTE = text("""
INSERT INTO marketing_last AS m (connector_id, person, company_id, campaign_id, day)
SELECT DISTINCT ON (t.connector_id, t.person) t.connector_id, t.person, t.company_id, t.campaign_id, CAST(:day AS date)
FROM unnest(CAST(:companies AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:connectors AS bigint[]), CAST(:people AS bytea[]))
    AS t(company_id, campaign_id, connector_id, person) ORDER BY t.connector_id, t.person
ON CONFLICT (connector_id, person) DO UPDATE
    SET company_id = excluded.company_id, campaign_id = excluded.campaign_id, day = excluded.day
    WHERE (m.company_id, m.campaign_id, m.day) IS DISTINCT FROM (excluded.company_id, excluded.campaign_id, excluded.day)
""")


async def note_writers(tx: Tx, written: Sequence[tuple[LastWriter, int, bytes]], *, day: date) -> None:
    """Note who wrote marketing to whom, given as (writer, connector, hash of the number)."""
    parameters = {
        "companies": ints(writer.company_id for writer, _, _ in written),
        "campaigns": ints(writer.campaign_id for writer, _, _ in written),
        "connectors": ints(connector for _, connector, _ in written),
        "people": octets(person for _, _, person in written),
        "day": day,
    }
    await tx.execute(_WROTE, parameters)


# The release before changes the company and leaves the campaign of another one.
_LAST = text("""
SELECT m.person, m.company_id, c.id FROM marketing_last m LEFT JOIN campaign c ON c.company_id = m.company_id AND c.id = m.campaign_id
WHERE m.connector_id = :connector_id AND m.person = ANY(CAST(:people AS bytea[]))
""")


async def last_writers(tx: Tx, connector_id: int, people: Sequence[bytes]) -> Mapping[bytes, LastWriter]:
    """Return for each of `people` who last wrote marketing to them through a connector (one look at the primary key each)."""
    rows = await tx.execute(_LAST, {"connector_id": connector_id, "people": octets(people)})
    return {bytes(person): LastWriter(company_id, campaign_id) for person, company_id, campaign_id in rows}


WriterKey = tuple[int, bytes]
"""A connector and a person."""

# A page of the primary key: no index by day, which every marketing SMS would have to keep.
_FORGET = text("""
WITH page AS MATERIALIZED (
    SELECT connector_id, person, day FROM marketing_last WHERE (connector_id, person) > (:connector_id, CAST(:person AS bytea))
    ORDER BY connector_id, person LIMIT :limit
), gone AS (
    DELETE FROM marketing_last m USING page p
    WHERE m.connector_id = p.connector_id AND m.person = p.person AND p.day < :before AND m.day < :before
)
SELECT connector_id, person FROM page ORDER BY connector_id, person OFFSET :limit - 1
""")
FIRST_WRITER: WriterKey = (0, b"")


async def forget_writers(tx: Tx, *, before: date, after: WriterKey, limit: int) -> WriterKey | None:
    """Drop, among the next `limit` people, those who were written to last before a day; return the one to go on after, None at the end."""
    connector_id, person = after
    parameters = {"connector_id": connector_id, "person": "\\x" + person.hex(), "before": before, "limit": limit}
    last = (await tx.execute(_FORGET, parameters)).one_or_none()
    if last is None:
        return None
    connector_id, person = last
    return connector_id, bytes(person)
