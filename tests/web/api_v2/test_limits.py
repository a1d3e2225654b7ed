"""How much one may ask: logins, codes, SMS a second, and never more than the credits."""

import asyncio

from smsflow import testing
from tests.web.customer import Customer

WRONG = {"username": "awa", "password": "wrong"}
LOGIN = "/auth2/get_token_auth/"


def refused_for(answer, seconds):
    """Compare an answer with a 429 that asks for `seconds` of patience."""
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(seconds))
    assert answer.json == {"code": 429, "message": f"Trop de requêtes : réessayez dans {seconds} s."}


async def test_logins_are_limited_by_username_even_with_the_right_password(open_site):
    async with open_site(login_per_username=3, login_period=60) as site:
        company = await testing.a_company(site.platform)
        await testing.a_user(site.platform, company)
        right = {"username": "Awa", "password": testing.PASSWORD}
        assert [(await site.post(LOGIN, WRONG)).status_code for _ in range(3)] == [401] * 3

        refused_for(await site.post(LOGIN, right), 61)
        assert (await site.post(LOGIN, {**WRONG, "username": "other"})).status_code == 401
        site.clock.advance(seconds=61)
        assert (await site.post(LOGIN, right)).status_code == 200


async def test_logins_are_limited_by_address_whatever_the_username(open_site):
    async with open_site(login_per_address=3) as site:
        answers = [await site.post(LOGIN, {**WRONG, "username": f"user{n}"}) for n in range(5)]

        assert [a.status_code for a in answers] == [401, 401, 401, 429, 429]


async def test_a_forwarded_address_counts_only_when_our_own_proxy_says_it(open_site):
    async with open_site(login_per_address=1) as site:
        hops = [{"X-Forwarded-For": f"41.202.207.{n}"} for n in range(3)]
        lies = [await site.post(LOGIN, {**WRONG, "username": f"a{n}"}, headers=hops[n]) for n in range(3)]
    async with open_site(login_per_address=1, trusted_proxies="127.0.0.1") as site:
        truths = [await site.post(LOGIN, {**WRONG, "username": f"b{n}"}, headers=hops[n]) for n in range(3)]

    assert [a.status_code for a in lies] == [401, 429, 429]
    assert [a.status_code for a in truths] == [401, 401, 401]


async def test_a_companys_send_rate_is_kept(site: Customer):
    company, token = await site.opened(credits=100, send_rate=5)
    await testing.a_route(site.platform)

    answers = await asyncio.gather(*(site.send(token) for _ in range(8)))
    site.clock.advance(seconds=1)
    later = await site.send(token)

    assert sorted(a.status_code for a in answers) == [200] * 5 + [429] * 3
    refused_for(next(a for a in answers if a.status_code == 429), 1)
    assert later.status_code == 200
    assert await testing.balance(site.platform, company) == 94


async def test_one_code_per_half_minute_and_five_per_hour_for_a_number(site: Customer):
    company, token = await site.opened(credits=100)
    await testing.a_route(site.platform)
    fields = {"phone_number": "690000001"}

    assert (await site.post("/apiv2/smscode/", fields, token=token)).status_code == 200
    refused_for(await site.post("/apiv2/smscode/", fields, token=token), 30)
    assert (await site.post("/apiv2/smscode/", {"phone_number": "690000002"}, token=token)).status_code == 200
    for _ in range(4):
        site.clock.advance(seconds=30)
        assert (await site.post("/apiv2/smscode/", fields, token=token)).status_code == 200
    site.clock.advance(seconds=30)
    refused_for(await site.post("/apiv2/smscode/", fields, token=token), 3600 - 150)
    # Nothing leaves here: each code took the place of one that waited, whose credit came back.
    assert await testing.balance(site.platform, company) == 98


async def test_sends_at_the_same_moment_never_overdraw_the_balance(site: Customer):
    company, token = await site.opened(credits=10)
    other, other_token = await site.opened(credits=1000, name="Autre")
    await testing.a_route(site.platform)

    answers = await asyncio.gather(
        *(site.send(token) for _ in range(50)),
        *(site.post("/apiv2/smscode/", {"phone_number": f"6900001{n:02d}"}, token=token) for n in range(10)),
        *(site.send(other_token) for _ in range(50)),
    )

    assert sorted(a.status_code for a in answers[:60]) == [200] * 10 + [402] * 50
    assert {a.status_code for a in answers[60:]} == {200}
    assert await testing.balance(site.platform, company) == 0
    assert await testing.balance(site.platform, other) == 950
    assert await testing.broken_invariants(site.platform) == []


async def test_fifty_sends_with_ten_credits_are_ten_sms(site: Customer):
    company, token = await site.opened(credits=10)
    await testing.a_route(site.platform)

    answers = await asyncio.gather(*(site.send(token) for _ in range(50)))

    ids = {a.json["sms_id"] for a in answers if a.status_code == 200}
    assert len(ids) == 10
    assert {row["sms_id"] for row in (await site.get("/apiv2/sms/", token=token)).json["data"]} == ids
    assert await testing.balance(site.platform, company) == 0
    assert await testing.broken_invariants(site.platform) == []


async def test_a_message_too_dear_does_not_stop_a_short_one_behind_it(site: Customer):
    _, token = await site.opened(credits=2)
    await testing.a_route(site.platform)

    long, short = await asyncio.gather(site.send(token, message="x" * 400), site.send(token))

    assert (long.status_code, short.status_code) == (402, 200)


async def test_beyond_the_intakes_bound_the_answer_is_503_and_nothing_is_charged(open_site):
    async with open_site(intake_bound=1) as site:
        company, token = await site.opened(credits=100)
        await testing.a_route(site.platform)
        await site.send(token)

        answers = await asyncio.gather(*(site.send(token) for _ in range(20)))

        accepted = [a for a in answers if a.status_code == 200]
        refused = [a for a in answers if a.status_code == 503]
        assert len(accepted) + len(refused) == 20
        assert refused
        assert {a.headers["retry-after"] for a in refused} == {"1"}
        assert await testing.balance(site.platform, company) == 99 - len(accepted)
