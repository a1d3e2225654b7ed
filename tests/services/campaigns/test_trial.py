"""A campaign's text, sent to a few numbers before it goes to everybody."""

import pytest

from smsflow import testing
from smsflow.domain.stop_way import Links
from smsflow.errors import NotEnoughCredits, NumberInvalid, ParameterInvalid
from smsflow.runtime import randbelow
from smsflow.services.campaigns import trial
from smsflow.services.messages.prepare import Limits
from tests.services.campaigns.test_story import campaigns

__all__ = ["campaigns"]


async def tried(campaigns, campaign_id, *numbers):
    table = (await campaigns.platform.directory.routing()).table
    async with campaigns.platform.database.transaction() as tx:
        return await trial.send_test(
            tx,
            campaigns.company,
            campaign_id,
            numbers,
            routes=table,
            limits=Limits(),
            links=campaigns.links,
            fingerprint=campaigns.platform.vault.fingerprint,
            now=campaigns.now,
        )


async def test_a_test_has_the_values_of_the_first_recipient_and_is_charged_as_a_transactional_sms(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft("Bonjour {prenom}")

    sent = await tried(campaigns, campaign_id, "690 99 99 99", "+237690999999")

    assert [(t.number, t.text) for t in sent] == [("+237690999999", "Bonjour Client1")]
    assert await campaigns.query("SELECT kind, campaign_id, charged FROM message") == [(1, None, 1)]
    assert await testing.balance(campaigns.platform, campaigns.company) == 99
    assert await testing.broken_invariants(campaigns.platform) == []


async def test_a_prepared_campaign_is_tried_with_the_values_that_were_prepared(campaigns):
    await campaigns.open()
    campaign_id = await campaigns.draft("Bonjour {prenom}")
    await campaigns.prepare(campaign_id)
    await campaigns.query("UPDATE contact SET attributes = '{}'")

    (sent,) = await tried(campaigns, campaign_id, "690999999")

    assert sent.text == "Bonjour Client1"


async def test_a_link_out_in_a_test_is_one_of_its_own_and_of_no_campaign(campaigns):
    campaigns.links = Links("https://sms.example.cm", randbelow)
    await campaigns.open()
    campaign_id = await campaigns.draft("Soldes {stop}")

    sent = await tried(campaigns, campaign_id, "690999998", "690999999")

    assert len({s.text for s in sent}) == 2
    assert await campaigns.query("SELECT number, campaign_id FROM stop_link ORDER BY number") == [
        ("+237690999998", None), ("+237690999999", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers", "refused"),
    [
        ("Bonjour", [], ParameterInvalid),
        ("Bonjour", [f"69000000{n}" for n in range(6)], ParameterInvalid),
        ("Bonjour", ["690000001", "12"], NumberInvalid),
        ("Bonjour {nom}", ["690000001"], ParameterInvalid),
        ("Bonjour {stop}", ["690000001"], ParameterInvalid),
        ("Bonjour" * 100, ["690000001", "690000002"], NotEnoughCredits),
    ],
)
async def test_a_test_that_cannot_be_sent_to_all_its_numbers_is_sent_to_none(campaigns, text, numbers, refused):
    await campaigns.open(credits=5)
    campaign_id = await campaigns.draft(text)

    with pytest.raises(refused):
        await tried(campaigns, campaign_id, *numbers)

    assert await campaigns.query("SELECT count(*) FROM message") == [(0,)]
    assert await testing.balance(campaigns.platform, campaigns.company) == 5
