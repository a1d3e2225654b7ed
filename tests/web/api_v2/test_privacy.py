"""No company sees another's rows: every call, with the second company's token and the first one's ids."""

import pytest

from smsflow import testing
from tests.web.customer import Customer


@pytest.fixture
async def neighbours(site: Customer):
    """A company with an SMS, a campaign, a sender and a code; and the token of another."""
    first, token = await site.opened(credits=500, name="Première", sender="PREMIER")
    _, stranger = await site.opened(credits=70, name="Seconde", sender="SECOND")
    await testing.a_route(site.platform)
    campaign = await testing.a_campaign(site.platform, first, "Secret")
    sender = await testing.a_sender(site.platform, first, "CACHETTE")
    await site.send(token, campagn_id=campaign, sender_id=sender)
    code = (await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)).json["code"]
    return {"token": token, "stranger": stranger, "campaign": campaign, "sender": sender, "code": code}


async def test_another_companys_sms_is_the_404_of_one_that_never_was(site: Customer, neighbours):
    theirs = await site.get("/apiv2/sms/?id=SMS0000001", token=neighbours["stranger"])
    never = await site.get("/apiv2/sms/?id=SMS9999999", token=neighbours["stranger"])

    assert (theirs.status_code, theirs.text.replace("SMS0000001", "SMS9999999")) == (404, never.text)
    assert (await site.get("/apiv2/sms/", token=neighbours["stranger"])).json == {"data": []}


async def test_another_companys_code_is_the_404_of_one_that_never_was(site: Customer, neighbours):
    theirs = await site.get("/apiv2/smscode/?id=1", token=neighbours["stranger"])

    assert (theirs.status_code, "aucun code" in theirs.json["message"]) == (404, True)
    assert (await site.get("/apiv2/smscode/", token=neighbours["stranger"])).json == {"data": []}


async def test_another_companys_code_verifies_nothing_and_no_try_of_it_counts(site: Customer, neighbours):
    verify = {"phone_number": "690000001", "code": neighbours["code"]}

    for _ in range(6):
        answer = await site.post("/apiv2/verify_code/", verify, token=neighbours["stranger"])
        assert (answer.status_code, answer.json["message"]) == (400, "Aucun code n'a été envoyé à ce numéro")
    assert (await site.post("/apiv2/verify_code/", verify, token=neighbours["token"])).status_code == 200


async def test_another_companys_code_is_not_replaced_and_limits_nobody_else(site: Customer, neighbours):
    theirs = await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=neighbours["stranger"])

    assert theirs.status_code == 200
    (row,) = (await site.get("/apiv2/smscode/", token=neighbours["token"])).json["data"]
    assert row["status_name"] == "Envoyé"


async def test_another_companys_campaign_is_a_404(site: Customer, neighbours):
    assert (await site.send(neighbours["stranger"], campagn_id=neighbours["campaign"])).status_code == 404


@pytest.mark.parametrize("sender", ["CACHETTE", "PREMIER", "sender"])
async def test_another_companys_sender_is_a_403(site: Customer, neighbours, sender):
    answer = await site.send(neighbours["stranger"], sender_id=neighbours.get(sender, sender))

    assert answer.status_code == 403


async def test_another_companys_balance_and_name_are_its_own(site: Customer, neighbours):
    assert (await site.get("/apiv2/balance/", token=neighbours["stranger"])).json == {
        "balance": 70,
        "partner": "Seconde",
    }
    assert (await site.get("/apiv2/balance/", token=neighbours["token"])).json == {
        "balance": 498,
        "partner": "Première",
    }
