"""When the platform cannot do its part: what the customer hears, and what the log keeps to itself."""

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from smsflow import testing
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


async def break_database(site, name="smsflow_gone"):
    """Have every new connection fail and cut those that are open."""
    engine = site.platform.database._engine
    await engine.dispose()
    engine.pool._creator = None

    def refuse(*_args, **_kwargs):
        raise ConnectionRefusedError(name)

    engine.sync_engine.pool._invoke_creator = refuse


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


async def test_what_nobody_foresaw_is_a_500_that_tells_and_logs_no_text(site: Customer, monkeypatch):
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
