"""The seven calls when all goes well: exact keys, order, types and texts."""

import asyncio
import re
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import Kind, Status
from smsflow.domain.schedule import Policy
from smsflow.services.campaigns.turns import set_policy
from smsflow.services.contacts.optouts import opt_out
from smsflow.store.messages import closing
from tests.web.customer import BODIES, Customer

PATHS = ["/apiv2/sms", "/apiv2/sms/"]


def local(moment):
    """A date as a customer in Douala reads it: UTC+1 all year."""
    return (moment + timedelta(hours=1)).strftime("%d-%m-%Y %H:%M:%S")


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("path", ["/auth2/get_token_auth", "/auth2/get_token_auth/"])
async def test_a_login_gives_a_token_that_works(site: Customer, path, kind):
    company = await testing.a_company(site.platform, name="Société Ébène")
    await testing.a_user(site.platform, company, username="awa", is_admin=True)

    answer = await site.post(path, {"username": "awa", "password": testing.PASSWORD}, kind=kind)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    token = answer.json["token"]
    assert answer.text == (
        f'{{"token":"{token}","username":"awa","code":200,"is_admin":true,"company_name":"Société Ébène","company_id":{company.id}}}'
    )
    assert (await site.get("/apiv2/balance/", token=token)).status_code == 200


async def test_each_login_gives_a_new_token_and_the_one_before_still_works(site: Customer):
    company = await testing.a_company(site.platform)
    await testing.a_user(site.platform, company)
    login = {"username": "AWA", "password": testing.PASSWORD}

    first, second = [(await site.post("/auth2/get_token_auth/", login)).json["token"] for _ in range(2)]

    assert first != second
    assert (await site.get("/apiv2/balance/", token=first)).status_code == 200


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("path", PATHS)
async def test_an_sms_is_accepted_and_charged(site: Customer, path, kind):
    company, token = await site.opened(credits=10)
    await testing.a_route(site.platform)

    answer = await site.post(path, {"number": "6 90-00.00 01", "message": "é" * 161}, kind=kind, token=token)

    assert answer.status_code == 200
    assert answer.text == (
        '{"message":"success","code":200,"sms_id":"SMS0000001","status":"Reçu","total_sms":2,"planned_date":""}'
    )
    assert b"Re\xc3\xa7u" in answer.content
    assert await testing.balance(site.platform, company) == 8
    assert await testing.broken_invariants(site.platform) == []


async def test_an_sms_with_a_date_is_planned(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    at = site.clock.now + timedelta(days=2)

    answer = await site.send(token, planned_date=int(at.timestamp()))

    assert answer.json["status"] == "Planifié"
    assert answer.json["planned_date"] == local(at)
    (row,) = (await site.get(f"/apiv2/sms/?id={answer.json['sms_id']}", token=token)).json["data"]
    assert (row["status"], row["status_name"], row["planned_date"]) == (5, "Planifié", local(at))


@pytest.mark.parametrize("path", PATHS)
async def test_an_sms_is_shown(site: Customer, path):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    await site.send(token, number="00237 690 00 00 01")

    answer = await site.get(f"{path}?id=SMS0000001", token=token)

    assert answer.text == (
        f'{{"data":[{{"sms_id":"SMS0000001","creation_date":"{local(site.clock.now)}","numero_destinataire":"+237690000001",'
        '"total_sms":"1","campagne":null,"status":1,"sender":"AWA","planned_date":"","status_name":"Reçu"}]}'
    )


async def test_an_sms_of_a_campaign_shows_its_name(site: Customer):
    company, token = await site.opened()
    campaign = await testing.a_campaign(site.platform, company, "Rentrée")
    await testing.a_route(site.platform)

    sent = await site.send(token, campagn_id=campaign)

    assert sent.status_code == 200
    assert (await site.get("/apiv2/sms/", token=token)).json["data"][0]["campagne"] == "Rentrée"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (Status.SENT, "Envoyé"),
        (Status.DELIVERED, "Livré"),
        (Status.FAILED, "Échoué"),
        (Status.EXPIRED, "Expiré"),
        (Status.CANCELLED, "Annulé"),
        (Status.UNKNOWN, "Indéterminé"),
    ],
)
async def test_every_status_has_its_number_and_its_name(site: Customer, status, name):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    await site.send(token)
    async with site.platform.database.transaction() as tx:
        locked = await closing.lock(tx, [1])
        closed = closing.Closed(1, status, error=None, refund=False)
        await closing.close(tx, [closed], locked, now=site.clock.now)

    (row,) = (await site.get("/apiv2/sms/?id=SMS0000001", token=token)).json["data"]

    assert (row["status"], row["status_name"]) == (int(status), name)


async def test_the_last_sms_come_newest_first_and_at_most_a_thousand(site: Customer):
    _, token = await site.opened(credits=2000)
    await testing.a_route(site.platform)
    await asyncio.gather(*(site.send(token) for _ in range(1005)))

    rows = (await site.get("/apiv2/sms/", token=token)).json["data"]

    assert [row["sms_id"] for row in rows] == [f"SMS{n:07d}" for n in range(1005, 5, -1)]


@pytest.mark.parametrize("kind", BODIES)
async def test_a_code_is_sent_shown_and_verified_once(site: Customer, kind):
    company, token = await site.opened(credits=10)
    await testing.a_route(site.platform)

    sent = await site.post("/apiv2/smscode/", {"phone_number": "690000001", "timeout": 60}, kind=kind, token=token)
    code = sent.json["code"]
    shown = await site.get("/apiv2/smscode?id=1", token=token)
    verify = {"phone_number": "+237690000001", "code": code if kind != "json" else int(code)}
    verified = await site.post("/apiv2/verify_code", verify, kind=kind, token=token)
    again = await site.post("/apiv2/verify_code/", verify, kind=kind, token=token)

    assert re.fullmatch(r"[1-9]\d{5}", code)
    assert sent.text == f'{{"id":1,"code":"{code}","status":"Envoyé","numero":"+237690000001"}}'
    assert shown.text == (
        f'{{"data":[{{"id":1,"code":{code},"timeout":60,"status_name":"Envoyé","phone_number":"+237690000001"}}]}}'
    )
    assert verified.text == '{"code":200,"message":"Le code a été validé"}'
    assert (again.status_code, again.json["message"]) == (400, "Le code a déjà été utilisé, demandez-en un nouveau")
    assert (await site.get("/apiv2/smscode/", token=token)).json["data"][0]["status_name"] == "Validé"
    assert await testing.balance(site.platform, company) == 9


async def test_a_code_lives_fifteen_minutes_unless_told_otherwise(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    sent = await site.post("/apiv2/smscode/", {"phone_number": "690000001", "timeout": ""}, token=token)
    assert (await site.get("/apiv2/smscode/", token=token)).json["data"][0]["timeout"] == 900

    site.clock.advance(seconds=901)
    verify = {"phone_number": "690000001", "code": sent.json["code"]}
    answer = await site.post("/apiv2/verify_code/", verify, token=token)

    assert (answer.status_code, answer.json["message"]) == (400, "Le code a expiré, demandez-en un nouveau")
    assert (await site.get("/apiv2/smscode/", token=token)).json["data"][0]["status_name"] == "Expiré"


async def test_five_wrong_codes_block_the_code(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    sent = await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)
    wrong = {"phone_number": "690000001", "code": "000000"}

    answers = [await site.post("/apiv2/verify_code/", wrong, token=token) for _ in range(5)]
    right = await site.post("/apiv2/verify_code/", {**wrong, "code": sent.json["code"]}, token=token)

    assert [(a.status_code, a.json["message"]) for a in answers] == [
        (400, "Le code est incorrect : il reste 4 essais"),
        (400, "Le code est incorrect : il reste 3 essais"),
        (400, "Le code est incorrect : il reste 2 essais"),
        (400, "Le code est incorrect : il reste 1 essai"),
        (400, "Le code est incorrect : il est désormais bloqué, demandez-en un nouveau"),
    ]
    assert (right.status_code, right.json["message"]) == (
        400,
        "Le code est bloqué après trop d'essais faux, demandez-en un nouveau",
    )
    assert (await site.get("/apiv2/smscode/", token=token)).json["data"][0]["status_name"] == "Bloqué"


async def test_a_new_code_replaces_the_one_before(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    first = await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)
    site.clock.advance(seconds=31)
    second = await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)
    rows = (await site.get("/apiv2/smscode/", token=token)).json["data"]

    assert [(row["id"], row["status_name"]) for row in rows] == [(2, "Envoyé"), (1, "Remplacé")]
    verify = {"phone_number": "690000001", "code": second.json["code"]}
    assert (await site.post("/apiv2/verify_code/", verify, token=token)).status_code == 200
    assert first.status_code == 200


@pytest.mark.parametrize("path", ["/apiv2/balance", "/apiv2/balance/"])
async def test_the_balance_is_an_integer_with_the_companys_name(site: Customer, path):
    _, token = await site.opened(credits=41158, name="xxxxxx")

    assert (await site.get(path, token=token)).text == '{"balance":41158,"partner":"xxxxxx"}'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("application/x-www-form-urlencoded", b"id=SMS0000002&a=%ff"),
        ("application/json", b"{"),
        ("image/png", b"\x89PNG"),
    ],
)
async def test_the_body_of_a_get_is_ignored(site: Customer, content_type, body):
    _, token = await site.opened()

    for path in ("/apiv2/balance/", "/apiv2/sms/", "/apiv2/smscode/"):
        assert (await site.get(path, token=token, body=body, content_type=content_type)).status_code == 200


async def test_unknown_fields_are_ignored_and_empty_optional_ones_not_given(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)

    answer = await site.send(token, sender_id="", campagn_id="", planned_date="", colour="blue")

    assert (answer.status_code, answer.json["status"]) == (200, "Reçu")


async def test_the_senders_name_or_id_chooses_the_sender(site: Customer):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    sender = await testing.a_sender(site.platform, company, "PROMO")

    await site.send(token, sender_id="promo")
    await site.send(token, sender_id=sender)

    assert {row["sender"] for row in (await site.get("/apiv2/sms/", token=token)).json["data"]} == {"PROMO"}


async def test_head_is_get_without_its_body(site: Customer):
    _, token = await site.opened()

    answer = await site.ask("HEAD", "/apiv2/balance/", token=token)

    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_scheme_of_the_token_is_in_any_case(site: Customer):
    _, token = await site.opened()

    for scheme in ("Token", "token", "TOKEN"):
        answer = await site.get("/apiv2/balance/", headers={"Authorization": f"{scheme}  {token} "})
        assert answer.status_code == 200


@pytest.mark.parametrize("kind", [Kind.TRANSACTIONAL, Kind.MARKETING])
async def test_an_sms_of_a_campaign_is_what_the_campaign_is_for(site: Customer, kind):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    campaign = await testing.a_campaign(site.platform, company, kind=kind)
    async with site.platform.database.transaction() as tx:
        await set_policy(tx, Policy("CM", "Africa/Douala"))

    await site.send(token, campagn_id=campaign)

    async with site.platform.database.autocommit() as tx:
        assert [tuple(row) for row in await tx.execute("SELECT kind FROM message")] == [(kind,)]


async def test_somebody_who_opted_out_is_not_sent_marketing_and_the_customer_reads_why(site: Customer):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    campaign = await testing.a_campaign(site.platform, company, kind=Kind.MARKETING)
    async with site.platform.database.transaction() as tx:
        await opt_out(
            tx, company.id, ["+237690000001"], scope="marketing", source="sms", author="sms", now=site.clock()
        )

    refused = await site.send(token, campagn_id=campaign)
    sent = await site.send(token)

    assert (refused.status_code, sent.status_code) == (403, 200)
    assert refused.json == {
        "code": 403,
        "message": "Le numéro +237690000001 s'est désabonné : il ne reçoit plus ce type de SMS de votre société.",
    }
    assert await testing.balance(site.platform, company) == 9
