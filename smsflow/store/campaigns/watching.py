"""From where the failures of a campaign that runs are counted."""

from smsflow.domain.campaign import Ends
from smsflow.store.postgres.transactions import Tx, text


async def begin(tx: Tx, company_id: int, campaign_id: int) -> Ends | None:
    """Return the ends that a campaign had when its present window began; None: it begins with the next look."""
    query = text("""
        SELECT watched_final, watched_failed FROM campaign_run WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    final, failed = (await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).one()
    return None if final is None else Ends(final, failed or 0)


async def set_begin(tx: Tx, company_id: int, campaign_id: int, ends: Ends | None) -> None:
    """Let a window begin: now, with the ends that the campaign has, or at the next look."""
    update = text("""
        UPDATE campaign_run SET watched_final = :final, watched_failed = :failed
        WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "final": None if ends is None else ends.final,
        "failed": None if ends is None else ends.failed,
    }
    await tx.execute(update, parameters)
