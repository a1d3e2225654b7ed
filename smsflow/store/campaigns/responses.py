"""The opt-outs and answers that campaigns caused: counted in the transaction that stores them."""

from collections.abc import Mapping
from dataclasses import dataclass

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Responses:
    """How many people opted out because of a campaign, and how many SMS answered it."""

    opt_outs: int = 0
    replies: int = 0


# In the order of the keys, so that two transactions never wait for each other in a circle.
_ADD = text("""
INSERT INTO campaign_response AS r (company_id, campaign_id, opt_outs, replies)
SELECT t.company_id, t.campaign_id, t.opt_outs, t.replies
FROM unnest(CAST(:companies AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:opt_outs AS bigint[]), CAST(:replies AS bigint[]))
    AS t(company_id, campaign_id, opt_outs, replies) ORDER BY 1, 2
ON CONFLICT (company_id, campaign_id) DO UPDATE
    SET opt_outs = r.opt_outs + excluded.opt_outs, replies = r.replies + excluded.replies
""")


async def add(tx: Tx, counted: Mapping[tuple[int, int], Responses]) -> None:
    """Add to what campaigns, each given by its company and its id, have caused; the last statement of a transaction, for others wait."""
    if counted:
        parameters = {
            "companies": ints(company_id for company_id, _ in counted),
            "campaigns": ints(campaign_id for _, campaign_id in counted),
            "opt_outs": ints(r.opt_outs for r in counted.values()),
            "replies": ints(r.replies for r in counted.values()),
        }
        await tx.execute(_ADD, parameters)


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> Responses:
    """Return what a campaign has caused."""
    query = text("""
        SELECT opt_outs, replies FROM campaign_response WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    row = (await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).one_or_none()
    return Responses() if row is None else Responses(*row)
