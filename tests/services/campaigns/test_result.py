"""The figures of campaigns: kept, not counted."""

from datetime import UTC, datetime, timedelta

from smsflow import testing
from smsflow.domain.message import Status
from smsflow.services.campaigns import launch, result
from tests.dispatch.stage import a_message, accepted
from tests.services.campaigns.test_again import ENDS
from tests.services.campaigns.test_story import NOON, campaigns, launched

__all__ = ["campaigns"]


async def shown(campaigns, campaign_id):
    async with campaigns.platform.database.transaction() as tx:
        return await result.result(tx, campaigns.company.id, campaign_id)


async def test_a_result_says_what_became_of_every_recipient_by_operator_and_by_hour(campaigns):
    await campaigns.open()
    campaign_id = await launched(campaigns, body="Bonjour {prenom}")
    await campaigns.turn(campaign_id, batch=4)
    campaigns.now = NOON + timedelta(hours=1)
    await campaigns.turn(campaign_id, batch=3)
    await campaigns.end({**ENDS, "+237690000003": (Status.FAILED, "UNDELIV 001")})
    cancelled = await campaigns.act(launch.cancel, campaign_id)

    found = await shown(campaigns, campaign_id)

    assert (found.recipients, found.accepted, found.refused, cancelled) == (10, 6, {"no_value": 2}, 1)
    assert (found.delivered, found.failed, found.expired, found.cancelled) == (1, 2, 2, 1)
    assert (found.credits_used, found.credits_returned, found.credits_reserved) == (6, 1, 0)
    assert [(o.operator, o.figures.accepted, o.figures.failed) for o in found.by_operator] == [("operator", 6, 2)]
    hour = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert [(h.hour, h.figures.accepted) for h in found.by_hour] == [(hour, 4), (hour + timedelta(hours=1), 2)]


async def test_a_name_under_which_an_api_sends_has_the_same_figures(campaigns):
    await campaigns.open()
    campaign_id = await testing.a_campaign(campaigns.platform, campaigns.company, "Alertes")
    messages = [a_message(campaigns.company, campaigns.connector, campaign_id=campaign_id) for _ in range(3)]
    await accepted(campaigns.platform, *messages)

    found = await shown(campaigns, campaign_id)

    assert (found.name, found.kind, found.recipients, found.accepted) == ("Alertes", "transactional", 3, 3)
    assert (found.credits_used, found.by_operator[0].operator) == (3, "operator")
