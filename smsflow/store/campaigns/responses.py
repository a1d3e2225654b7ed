"""The opt-outs and answers that campaigns caused: counted in the transaction that stores them."""

from collections import Counter
from dataclasses import dataclass, field

from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Responses:
    """How many people opted out because of a campaign, and how many SMS answered it."""

    opt_outs: int = 0
    replies: int = 0


OfCampaign = tuple[int, int]
"""A company and one of its campaigns."""


@dataclass(frozen=True, slots=True)
class Caused:
    """Opt-outs and answers that are to be counted, by campaign."""

    opt_outs: Counter[OfCampaign] = field(default_factory=Counter)
    replies: Counter[OfCampaign] = field(default_factory=Counter)

    def __add__(self, other: "Caused") -> "Caused":
        """Return both."""
        return Caused(self.opt_outs + other.opt_outs, self.replies + other.replies)


# In the order of the keys, so that two transactions never wait for each other in a circle.
_ADD = text("""
INSERT INTO campaign_response AS r (company_id, campaign_id, opt_outs, replies)
SELECT t.company_id, t.campaign_id, t.opt_outs, t.replies
FROM unnest(CAST(:companies AS bigint[]), CAST(:campaigns AS bigint[]), CAST(:opt_outs AS bigint[]), CAST(:replies AS bigint[]))
    AS t(company_id, campaign_id, opt_outs, replies) ORDER BY 1, 2
ON CONFLICT (company_id, campaign_id) DO UPDATE
    SET opt_outs = r.opt_outs + excluded.opt_outs, replies = r.replies + excluded.replies
""")


async def add(tx: Tx, caused: Caused) -> None:
    """Add to what campaigns have caused; the last statement of a transaction, because others that do the same wait for its rows."""
    keys = list({*caused.opt_outs, *caused.replies})
    if keys:
        parameters = {
            "companies": ints(company_id for company_id, _ in keys),
            "campaigns": ints(campaign_id for _, campaign_id in keys),
            "opt_outs": ints(caused.opt_outs[key] for key in keys),
            "replies": ints(caused.replies[key] for key in keys),
        }
        await tx.execute(_ADD, parameters)


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> Responses:
    """Return what a campaign has caused."""
    query = text("""
        SELECT opt_outs, replies FROM campaign_response WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    row = (await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).one_or_none()
    return Responses() if row is None else Responses(*row)
