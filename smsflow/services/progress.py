"""How far what runs in the background has come: a value that differs from the one before when something changed."""

from dataclasses import replace

from smsflow.domain.schedule import Pace
from smsflow.services.campaigns import draft
from smsflow.services.contacts import importing
from smsflow.services.messages import tallies
from smsflow.store.postgres.transactions import Tx


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> object:
    """Return how far a campaign is and what became of its SMS; raise NotFound."""
    campaign = await draft.show(tx, company_id, campaign_id)
    # Its allowance grows with every turn of the runner, also where nothing leaves.
    return replace(campaign, pace=Pace()), await tallies.of_campaign(tx, company_id, campaign_id)


async def of_import(tx: Tx, company_id: int, import_id: int) -> object:
    """Return how far an import is; raise NotFound."""
    return await importing.show(tx, company_id, import_id)
