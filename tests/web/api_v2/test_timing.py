"""How long an answer takes must not tell users or digits apart: the same work is done either way."""

import asyncio
import hmac

import pytest

from smsflow import runtime, testing
from smsflow.domain import verification

NUMBER = "+237690000001"


class Comparison:
    """`hmac`, with a memory."""

    def __init__(self):
        self.compared = []

    def compare_digest(self, one, other):
        self.compared.append((one, other))
        return hmac.compare_digest(one, other)


@pytest.fixture
def comparison(monkeypatch):
    remembering = Comparison()
    monkeypatch.setattr(verification, "hmac", remembering)
    return remembering


async def log_in(site, username, password):
    return await site.post("/auth2/get_token_auth/", {"username": username, "password": password})


async def test_an_unknown_user_costs_the_same_work_and_gets_the_same_answer_as_a_wrong_password(site, hasher):
    company, _ = await site.opened()
    await testing.a_user(site.platform, company, username="awa")

    unknown = await log_in(site, "nobody-here", "wrong")
    wrong = await log_in(site, "awa", "wrong")

    costs = [compared.rsplit("$", 2)[0] for compared in hasher.compared]
    assert costs == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)
    assert {**unknown.headers, "date": ""} == {**wrong.headers, "date": ""}


@pytest.mark.parametrize("guess", ["022510", "422519", "", "4", "9" * 5000, "é" * 6, "422510"])
def test_digits_are_compared_all_at_once(comparison, guess):
    now = runtime.now()

    verification.judge(guess, "422510", state=verification.CodeState.SENT, tries=0, expires_at=now, now=now)

    assert comparison.compared == [(guess.encode(), b"422510")]


async def test_a_wrong_first_digit_and_a_wrong_last_digit_get_the_same_answer(site, comparison):
    _, token = await site.opened(credits=10)
    await testing.a_route(site.platform)
    sent = await site.post("/apiv2/smscode/", {"phone_number": NUMBER}, token=token)
    code = sent.json["code"]

    answers = [
        await site.post("/apiv2/verify_code/", {"phone_number": NUMBER, "code": guess}, token=token)
        for guess in (_other(code[0]) + code[1:], code[:-1] + _other(code[-1]))
    ]

    assert len(comparison.compared) == 2
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content.replace(b"reste 4", b"reste 3") == answers[1].content


@pytest.mark.parametrize("loop", ["one event loop", "and another"])
async def test_many_log_in_at_once_in_whichever_event_loop(open_site, loop):
    async with open_site(login_per_username=100) as site:
        company, _ = await site.opened()
        await testing.a_user(site.platform, company, username="awa")

        answers = await asyncio.gather(*(log_in(site, "awa", testing.PASSWORD) for _ in range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8


def _other(digit):
    return "1" if digit != "1" else "2"
