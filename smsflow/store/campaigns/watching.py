"""Where the last SMS of a campaign may begin by whose failures it is judged."""

from collections.abc import Sequence

from smsflow.domain.campaign import Ends
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text


async def marks(tx: Tx, company_id: int, campaign_id: int) -> list[Ends]:
    """Return the ends that a campaign had at each mark, the oldest first; none: the first is made by the next look."""
    query = text("""
        SELECT marked_final, marked_failed FROM campaign_run WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    final, failed = (await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).one()
    return [Ends(*ends) for ends in zip(final or [], failed or [], strict=True)]


async def set_marks(tx: Tx, company_id: int, campaign_id: int, kept: Sequence[Ends]) -> None:
    """Keep marks in place of those that there are."""
    update = text("""
        UPDATE campaign_run SET marked_final = CAST(:final AS bigint[]), marked_failed = CAST(:failed AS bigint[])
        WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "final": ints(m.final for m in kept),
        "failed": ints(m.failed for m in kept),
    }
    await tx.execute(update, parameters)
