"""The recipients of a campaign with what became of the SMS to each: page by page, for files and for those who write again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import Status
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class SmsEnd:
    """The state that an SMS is in, with its end."""

    status: Status
    error: str | None
    segments: int
    sent_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A recipient with the SMS that was accepted, or with the reason why there is none; neither: its turn has not come.

    An SMS that was `accepted` and is older than messages are kept is not there any more.
    """

    place: int
    number: str
    country: str
    values: Mapping[str, str]
    reason: str | None
    sms: SmsEnd | None
    accepted: bool = False


# Walks the primary key from a place.
_PAGE = text("""
SELECT place, number, country, "values", reason, message_id FROM campaign_recipient
WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :after ORDER BY place LIMIT :limit
""")
# By the primary key; an SMS that is older than messages are kept is not there any more.
_ENDS = bounded("""
SELECT m.id, m.status, m.error, m.segments, m.sent_at, m.done_at FROM message m
WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) AND m.company_id = :company_id
""")


async def page(tx: Tx, company_id: int, campaign_id: int, *, after: int, limit: int) -> list[Reached]:
    """Return the recipients behind a place, in their order."""
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "after": after, "limit": limit}
    rows = list(await tx.execute(_PAGE, parameters))
    ids = [message_id for *_, message_id in rows if message_id is not None]
    ends = {}
    if ids:
        for message_id, status, *end in await tx.execute(_ENDS(ids), {"ids": ints(ids), "company_id": company_id}):
            ends[message_id] = SmsEnd(Status(status), *end)
    return [
        Reached(place, number, country, values or {}, reason, ends.get(message_id), message_id is not None)
        for place, number, country, values, reason, message_id in rows
    ]


# A page of ids leaves the database and comes back as it is written: a million of them are not a million objects here.
_IDS = text("""
SELECT max(place), coalesce(min(message_id), 0), coalesce(max(message_id), 0),
    coalesce(CAST(array_agg(message_id) FILTER (WHERE message_id IS NOT NULL) AS text), '{}')
FROM (
    SELECT place, message_id FROM campaign_recipient
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :after ORDER BY place LIMIT :limit
) AS p
""")
_FAILED = bounded("""
SELECT m.status, m.error, count(*) FROM message m
WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) AND m.company_id = :company_id AND m.status IN (4, 6) GROUP BY 1, 2
""")


@dataclass(frozen=True, slots=True)
class Failures:
    """How many SMS failed or expired, by status and error, among recipients up to a place; None: there were no more."""

    counts: Mapping[tuple[Status, str | None], int]
    place: int | None


async def failures(tx: Tx, company_id: int, campaign_id: int, *, after: int, limit: int) -> Failures:
    """Count the SMS that failed among the next recipients behind a place."""
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "after": after, "limit": limit}
    place, low, high, ids = (await tx.execute(_IDS, parameters)).one()
    found = {}
    for status, error, count in await tx.execute(_FAILED((low, high)), {"ids": ids, "company_id": company_id}):
        found[Status(status), error] = count
    return Failures(found, place)
