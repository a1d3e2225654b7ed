"""When the platform cannot do its part: what the customer hears, and what the log keeps to itself."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from smsflow import testing
from smsflow.domain.message import Kind, NewMessage
from smsflow.errors import Unavailable
from smsflow.services.messages.intake import Intake
from smsflow.store.postgres.commits import LOOK_SECONDS, REQUEST_PATIENCE
from smsflow.store.postgres.transactions import text
from smsflow.web.http import connection
from tests.web.customer import Customer

UNAVAILABLE = "La plateforme ne peut pas enregistrer la requête en ce moment : rien n'est débité et rien ne sera envoyé ; réessayez dans 1 s."
CALLS = [
    ("POST", "/auth2/get_token_auth/", {"username": "awa", "password": "x"}),
    ("POST", "/apiv2/sms/", {"number": "690000001", "message": "Bonjour"}),
    ("GET", "/apiv2/sms/", {}),
    ("POST", "/apiv2/smscode/", {"phone_number": "690000001"}),
    ("GET", "/apiv2/smscode/", {}),
    ("POST", "/apiv2/verify_code/", {"phone_number": "690000001", "code": "422510"}),
    ("GET", "/apiv2/balance/", {}),
]


async def break_database(site):
    """Have every new connection fail and cut those that are open."""
    pool = site.platform.database._pool
    await pool.forget()

    async def refuse():
        raise ConnectionRefusedError

    pool.open = refuse


@pytest.mark.parametrize(("method", "path", "fields"), CALLS)
async def test_without_its_database_every_call_answers_503(site: Customer, method, path, fields):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    await site.send(token)
    await break_database(site)

    for remembered in (True, False):
        if not remembered:
            site.platform.directory.forget()
        call = site.get(path, token=token) if method == "GET" else site.post(path, fields, token=token)
        answer = await call

        assert (answer.status_code, answer.json) == (503, {"code": 503, "message": UNAVAILABLE})
        assert answer.headers["retry-after"] == "1"


async def test_an_unforeseen_error_is_a_500_that_shows_and_logs_no_text(site: Customer, monkeypatch):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    from smsflow.web.api_v2 import sms

    def fail(order, **_rest):
        raise RuntimeError(f"cannot take {order.text}")

    monkeypatch.setattr(sms, "prepare", fail)
    with capture_logs() as logs:
        answer = await site.send(token, message="Secret de famille")

    assert answer.status_code == 500
    assert answer.json == {"code": 500, "message": "Une erreur interne s'est produite : la requête n'a pas abouti."}
    (line,) = [entry for entry in logs if entry["event"] == "request_failed"]
    assert (line["error"], line["path"], line["method"]) == ("RuntimeError", "/apiv2/sms/", "POST")
    assert "Secret" not in str(logs)
    assert await testing.balance(site.platform, company) == 10


async def test_a_row_that_the_database_refuses_is_logged_once_without_its_text(site: Customer):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    async with site.platform.database.transaction() as tx:
        await tx.execute(text("ALTER TABLE message ADD CONSTRAINT poison CHECK (text <> 'Secret de famille')"))

    with capture_logs() as logs:
        poisonous = await site.send(token, message="Secret de famille")
        other = await site.send(token, message="Bonjour")

    assert (poisonous.status_code, other.status_code) == (503, 200)
    assert len([entry for entry in logs if entry["event"] == "request_failed"]) == 1
    assert "Secret" not in str(logs)
    assert await testing.balance(site.platform, company) == 9


async def test_a_company_whose_batch_half_fails_is_charged_once(site: Customer):
    calm, _ = await site.opened(credits=10)
    hurried, _ = await site.opened(credits=10, name="Pressée", send_rate=100)
    connector = await testing.a_connector(site.platform)
    async with site.platform.database.transaction() as tx:
        await tx.execute(text("ALTER TABLE message ADD CONSTRAINT poison CHECK (text <> 'Secret de famille')"))
    asked = [a_message(calm, connector, site), a_message(hurried, connector, site, text="Secret de famille")]
    intake = Intake(site.platform.database, site.clock, fingerprint=site.platform.vault.fingerprint, most=500, bound=10)

    waiting = [asyncio.ensure_future(intake.submit(message)) for message in asked]
    writing = asyncio.create_task(intake.run())
    stored, refused = await asyncio.gather(*waiting, return_exceptions=True)
    writing.cancel()

    assert isinstance(stored, int)
    assert isinstance(refused, Unavailable)
    assert [await testing.balance(site.platform, company) for company in (calm, hurried)] == [9, 10]
    assert await testing.broken_invariants(site.platform) == []


def a_message(company, connector_id, site, text="Bonjour"):
    return NewMessage(
        company_id=company.id,
        number="+237690000001",
        country="CM",
        text=text,
        sender="AWA",
        kind=Kind.TRANSACTIONAL,
        segments=1,
        connector_id=connector_id,
        valid_until=site.clock.now + timedelta(hours=48),
    )


def test_a_commit_whose_answer_is_lost_is_looked_up_before_its_request_is_given_up():
    assert REQUEST_PATIENCE + LOOK_SECONDS < connection._ANSWER_SECONDS
