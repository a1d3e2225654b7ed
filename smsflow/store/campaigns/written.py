"""The people whom marketing was written to, known by a keyed hash of the number: how often in a day over all companies, and by whom last.

`marketing_count` has a row for each day and person; `marketing_last` one for each connector and person. A campaign counts everybody that
it writes to and notes in the same row that it did; the row moves to `marketing_last` when its day is over. The others note there at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from smsflow.store.postgres.arrays import ints, octets
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Writer:
    """The company that wrote marketing to somebody, and by which of its campaigns if it was one."""

    company_id: int
    campaign_id: int | None


# Every statement here goes in the order of the hashes, so that two campaigns never wait for each other in a circle.
_COUNT = text("""
WITH counted AS (
    INSERT INTO marketing_count AS m (day, person, messages)
    SELECT CAST(:day AS date), t.person, 1 FROM unnest(CAST(:people AS bytea[])) AS t(person) ORDER BY t.person
    ON CONFLICT (day, person) DO UPDATE SET messages = m.messages + 1 WHERE m.messages < :most
    RETURNING person
)
SELECT CASE WHEN count(*) < :wanted THEN coalesce(array_agg(person), '{}') END FROM counted
""")


async def count(tx: Tx, day: str, people: Sequence[bytes], *, most: int) -> set[bytes]:
    """Count one more SMS for each of `people` who has had fewer than `most` that day; return those. They must be distinct."""
    parameters = {"day": day, "people": octets(people), "most": most, "wanted": len(people)}
    # Nearly always everybody may be written to, and nobody needs to be named.
    allowed = (await tx.execute(_COUNT, parameters)).scalar_one()
    return set(people) if allowed is None else {bytes(person) for person in allowed}


# A row knows one connector, the first of its day: what is written through another is noted by itself. Nearly everybody is counted by the
# first statement, which names nobody and so costs a sixth less. It locks the rows that it does not change too: the second one waits for no one.
_COUNT_AND_NOTE = text("""
INSERT INTO marketing_count AS m (day, person, messages, connector_id, company_id, campaign_id, written_at)
SELECT CAST(:day AS date), t.person, 1, t.connector_id, :company_id, :campaign_id, :now
FROM unnest(CAST(:people AS bytea[]), CAST(:connectors AS bigint[])) AS t(person, connector_id) ORDER BY t.person
ON CONFLICT (day, person) DO UPDATE SET messages = m.messages + 1, company_id = excluded.company_id, campaign_id = excluded.campaign_id,
    written_at = excluded.written_at
    WHERE m.messages < :most AND m.connector_id = excluded.connector_id
""")
_COUNT_THE_REST = text("""
WITH rest AS MATERIALIZED (
    SELECT m.person, t.connector_id, m.messages < :most AS allowed, m.connector_id IS NOT NULL AS elsewhere
    FROM unnest(CAST(:people AS bytea[]), CAST(:connectors AS bigint[])) AS t(person, connector_id)
    JOIN marketing_count m ON m.day = CAST(:day AS date) AND m.person = t.person
    WHERE (m.company_id, m.campaign_id, m.written_at) IS DISTINCT FROM (:company_id, :campaign_id, CAST(:now AS timestamptz))
), counted AS (
    UPDATE marketing_count m SET messages = m.messages + 1, connector_id = coalesce(m.connector_id, r.connector_id),
        company_id = CASE WHEN r.elsewhere THEN m.company_id ELSE :company_id END,
        campaign_id = CASE WHEN r.elsewhere THEN m.campaign_id ELSE :campaign_id END,
        written_at = CASE WHEN r.elsewhere THEN m.written_at ELSE :now END
    FROM rest r WHERE r.allowed AND m.day = CAST(:day AS date) AND m.person = r.person
)
SELECT person, allowed, elsewhere FROM rest
""")


async def count_and_note(
    tx: Tx, day: str, people: Mapping[bytes, int], *, most: int, writer: Writer, now: datetime
) -> set[bytes]:
    """Count one more SMS for each of `people` and note that `writer` wrote it; return those who have had `most` that day and get no more.

    `people` have the connector that each is written to through. A campaign writes to nobody twice.
    """
    parameters = {
        "day": day,
        "people": octets(people),
        "connectors": ints(people.values()),
        "most": most,
        "company_id": writer.company_id,
        "campaign_id": writer.campaign_id,
        "now": now,
    }
    if await tx.change(_COUNT_AND_NOTE, parameters) == len(people):
        return set()
    rest = [(bytes(person), *how) for person, *how in await tx.execute(_COUNT_THE_REST, parameters)]
    elsewhere = [person for person, allowed, noted_elsewhere in rest if allowed and noted_elsewhere]
    if elsewhere:
        await note(tx, [(writer, people[person], person) for person in elsewhere], now=now)
    return {person for person, allowed, _ in rest if not allowed}


_UNCOUNT = text("""
UPDATE marketing_count m SET messages = m.messages - t.messages
FROM (SELECT person, count(*) AS messages FROM unnest(CAST(:people AS bytea[])) AS person GROUP BY person) AS t
WHERE m.day = CAST(:day AS date) AND m.person = t.person
""")


async def uncount(tx: Tx, day: str, people: Sequence[bytes]) -> None:
    """Take back one SMS for each of `people`, whose rows this transaction has locked by counting them."""
    await tx.execute(_UNCOUNT, {"day": day, "people": octets(people)})


# The release before notes the day alone.
_SINCE = "coalesce(m.written_at, CAST(m.day AS timestamptz))"
_REPLACE = f"""
ON CONFLICT (connector_id, person) DO UPDATE
    SET company_id = excluded.company_id, campaign_id = excluded.campaign_id, day = excluded.day, written_at = excluded.written_at
    WHERE {_SINCE} <= excluded.written_at
"""
_NOTE = text(f"""
INSERT INTO marketing_last AS m (connector_id, person, company_id, campaign_id, day, written_at)
SELECT DISTINCT ON (t.connector_id, t.person) t.connector_id, t.person, t.company_id, t.campaign_id, CAST(:day AS date), :now
FROM unnest(CAST(:companies AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:connectors AS bigint[]), CAST(:people AS bytea[]))
    AS t(company_id, campaign_id, connector_id, person) ORDER BY t.connector_id, t.person
{_REPLACE}
""")


async def note(tx: Tx, written: Sequence[tuple[Writer, int, bytes]], *, now: datetime) -> None:
    """Note who wrote marketing to whom, given as (writer, connector, hash of the number)."""
    parameters = {
        "companies": ints(writer.company_id for writer, _, _ in written),
        "campaigns": ints(writer.campaign_id for writer, _, _ in written),
        "connectors": ints(connector for _, connector, _ in written),
        "people": octets(person for _, _, person in written),
        "day": now.date(),
        "now": now,
    }
    await tx.execute(_NOTE, parameters)


# Of marketing_count there are few days: each is a step along its primary key. The release before changes the company in marketing_last
# and leaves the campaign of another one.
_LAST = text(f"""
WITH RECURSIVE days AS (
    (SELECT day FROM marketing_count ORDER BY day LIMIT 1)
    UNION ALL SELECT (SELECT day FROM marketing_count WHERE day > d.day ORDER BY day LIMIT 1) FROM days d WHERE d.day IS NOT NULL
), written AS (
    SELECT m.person, m.company_id, m.campaign_id, m.written_at FROM days d
    JOIN marketing_count m ON m.day = d.day AND m.person = ANY(CAST(:people AS bytea[])) AND m.connector_id = :connector_id
    UNION ALL SELECT m.person, m.company_id, m.campaign_id, {_SINCE} FROM marketing_last m
    WHERE m.connector_id = :connector_id AND m.person = ANY(CAST(:people AS bytea[]))
)
SELECT DISTINCT ON (w.person) w.person, w.company_id, c.id FROM written w
LEFT JOIN campaign c ON c.company_id = w.company_id AND c.id = w.campaign_id ORDER BY w.person, w.written_at DESC
""")


async def last_writers(tx: Tx, connector_id: int, people: Sequence[bytes]) -> Mapping[bytes, Writer]:
    """Return for each of `people` who last wrote marketing to them through a connector (a look at a primary key for each and day)."""
    rows = await tx.execute(_LAST, {"connector_id": connector_id, "people": octets(people)})
    return {bytes(person): Writer(company_id, campaign_id) for person, company_id, campaign_id in rows}


# The oldest days are at the left end of the primary key.
_FORGET_COUNTS = text(f"""
WITH gone AS (
    DELETE FROM marketing_count WHERE (day, person) IN (
        SELECT day, person FROM marketing_count WHERE day < CAST(:before AS date) ORDER BY day, person LIMIT :limit FOR UPDATE SKIP LOCKED
    ) RETURNING day, person, connector_id, company_id, campaign_id, written_at
), noted AS (
    INSERT INTO marketing_last AS m (connector_id, person, company_id, campaign_id, day, written_at)
    SELECT DISTINCT ON (connector_id, person) connector_id, person, company_id, campaign_id, day, written_at
    FROM gone WHERE connector_id IS NOT NULL ORDER BY connector_id, person, written_at DESC
    {_REPLACE}
)
SELECT count(*) FROM gone
""")


async def forget_counts(tx: Tx, *, before: date, limit: int) -> int:
    """Drop up to `limit` counts of the days before this one, keep who wrote last, and return how many were dropped."""
    return int((await tx.execute(_FORGET_COUNTS, {"before": before, "limit": limit})).scalar_one())


WriterKey = tuple[int, bytes]
"""A connector and a person."""

# A page of the primary key: no index by day, which every marketing SMS would have to keep.
_FORGET_WRITERS = text("""
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
    last = (await tx.execute(_FORGET_WRITERS, parameters)).one_or_none()
    if last is None:
        return None
    connector_id, person = last
    return connector_id, bytes(person)
