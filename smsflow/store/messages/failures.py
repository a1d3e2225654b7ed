"""Why the SMS of campaigns failed: how many by company, campaign, last status and reason, kept as tallies are.

A reason is what `domain.failures.counted` makes of an error, so that there are few. An end that was presumed and becomes another
one counts for its new reason instead.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from smsflow.domain.message import Status
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.transactions import Tx, text

Reason = tuple[Status, str]
"""The last status of SMS that failed, and why."""

Failed = tuple[int, int, int, str]
"""A company, its campaign, and a status and reason that SMS of it failed with."""

_KEY: Final = "company_id, campaign_id, status, reason"


# A part of the statement that ends the messages.
APPEND: Final = f"""
    INSERT INTO failure_delta ({_KEY}, messages)
    SELECT * FROM unnest(CAST(:failed_companies AS bigint[]), CAST(:failed_campaigns AS bigint[]), CAST(:failed_statuses AS smallint[]),
        CAST(:failed_reasons AS text[]), CAST(:failed_messages AS integer[]))"""


def parameters(failed: Mapping[Failed, int]) -> dict[str, str]:
    """Return the parameters of APPEND; none where nothing is to be appended."""
    if not failed:
        return {}
    return {
        "failed_companies": ints(company_id for company_id, _, _, _ in failed),
        "failed_campaigns": ints(campaign_id for _, campaign_id, _, _ in failed),
        "failed_statuses": ints(status for _, _, status, _ in failed),
        "failed_reasons": texts(reason for _, _, _, reason in failed),
        "failed_messages": ints(failed.values()),
    }


_FOLD = text(f"""
WITH taken AS (DELETE FROM failure_delta RETURNING *)
INSERT INTO failure_tally AS t ({_KEY}, messages) SELECT {_KEY}, sum(messages) FROM taken GROUP BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET messages = t.messages + excluded.messages
""")


async def fold(tx: Tx) -> None:
    """Move what was appended into the tallies; one transaction at a time (see `tallies.alone`)."""
    await tx.execute(_FOLD)


# Walks failure_tally_pkey from a company and a campaign; failure_delta is read whole, and small.
_OF_CAMPAIGN = text("""
SELECT status, reason, sum(messages)::bigint FROM (
    SELECT status, reason, messages FROM failure_tally WHERE company_id = :company_id AND campaign_id = :campaign_id
    UNION ALL SELECT status, reason, messages FROM failure_delta WHERE company_id = :company_id AND campaign_id = :campaign_id
) AS f GROUP BY status, reason HAVING sum(messages) <> 0
""")


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> dict[Reason, int]:
    """Return how many SMS of a campaign failed, by status and reason."""
    rows = await tx.execute(_OF_CAMPAIGN, {"company_id": company_id, "campaign_id": campaign_id})
    return {(Status(status), reason): messages for status, reason, messages in rows}


async def is_counted(tx: Tx, company_id: int, campaign_id: int) -> bool:
    """Tell whether every failure of a campaign is in the tallies: after an upgrade it is once they are recounted."""
    query = text("""
        SELECT NOT EXISTS (SELECT FROM failure_recount WHERE (company_id, campaign_id) IN ((0, 0), (:company_id, :campaign_id)))
    """)
    return bool((await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).scalar_one())


# The order for all becomes one for each campaign that has begun: those that begin later are counted from their first SMS on.
_ORDER = text("""
WITH all_of_them AS (DELETE FROM failure_recount WHERE company_id = 0 AND due_at <= :now RETURNING due_at)
INSERT INTO failure_recount (company_id, campaign_id, due_at)
SELECT r.company_id, r.campaign_id, o.due_at FROM campaign_run r CROSS JOIN all_of_them o WHERE r.accepted > 0
""")
_ORDERED = text(
    "SELECT company_id, campaign_id FROM failure_recount WHERE company_id > 0 AND due_at <= :now ORDER BY 1, 2"
)


async def uncounted(tx: Tx, *, now: datetime) -> list[tuple[int, int]]:
    """Return the campaigns, with their companies, that are to be recounted now."""
    await tx.execute(_ORDER, {"now": now})
    return [(company_id, campaign_id) for company_id, campaign_id in await tx.execute(_ORDERED, {"now": now})]


_REPLACE = text(f"""
INSERT INTO failure_tally ({_KEY}, messages)
SELECT :company_id, :campaign_id, t.status, t.reason, t.messages
FROM unnest(CAST(:statuses AS smallint[]), CAST(:reasons AS text[]), CAST(:messages AS bigint[])) AS t(status, reason, messages)
""")


async def replace(tx: Tx, company_id: int, campaign_id: int, found: Mapping[Reason, int]) -> None:
    """Keep what was found among the SMS of a campaign in place of what was counted."""
    of = {"company_id": company_id, "campaign_id": campaign_id}
    for table in ("failure_tally", "failure_delta", "failure_recount"):
        await tx.execute(text(f"DELETE FROM {table} WHERE company_id = :company_id AND campaign_id = :campaign_id"), of)
    parameters = {
        "statuses": ints(int(status) for status, _ in found),
        "reasons": texts(reason for _, reason in found),
        "messages": ints(found.values()),
    }
    await tx.execute(_REPLACE, {**of, **parameters})
