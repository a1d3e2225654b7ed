"""How many marketing SMS a person has got in a day, over all companies: counted by a keyed hash of the number."""

from collections.abc import Sequence

from smsflow.store.postgres.arrays import octets
from smsflow.store.postgres.transactions import Tx, text

# In the order of the hashes, so that two campaigns never wait for each other in a circle.
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


_UNCOUNT = text("""
UPDATE marketing_count m SET messages = m.messages - t.messages
FROM (SELECT person, count(*) AS messages FROM unnest(CAST(:people AS bytea[])) AS person GROUP BY person) AS t
WHERE m.day = CAST(:day AS date) AND m.person = t.person
""")


async def uncount(tx: Tx, day: str, people: Sequence[bytes]) -> None:
    """Take back one SMS for each of `people`, whose rows this transaction has locked by counting them."""
    await tx.execute(_UNCOUNT, {"day": day, "people": octets(people)})


# The oldest days are at the left end of the primary key.
_FORGET = text("""
DELETE FROM marketing_count WHERE (day, person) IN (
    SELECT day, person FROM marketing_count WHERE day < CAST(:before AS date) ORDER BY day, person LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING day
""")


async def forget(tx: Tx, *, before: str, limit: int) -> int:
    """Drop up to `limit` counts of the days before this one; return how many."""
    return len((await tx.execute(_FORGET, {"before": before, "limit": limit})).all())
