"""The server answers what the description says."""

import jsonschema_rs
import pytest

from smsflow import testing
from smsflow.web.api_v2 import replies
from smsflow.web.api_v2.calls import API
from smsflow.web.docs.openapi import description

DOCUMENT = description(API, "http://falconframework.org")
NUMBER = "+237690000001"


def described(call_name, result):
    """Return whether the description knows this status of this call, and its body obeys the schema of that status."""
    call = next(call for call in API.calls if call.name == call_name)
    told = DOCUMENT["paths"][call.path][call.method.lower()]["responses"]
    if str(result.status_code) not in told:
        return False
    schema = call.reply.schema if result.status_code == 200 else replies.error_schema(result.status_code)
    jsonschema_rs.Draft202012Validator(schema).validate(result.json)
    return True


async def test_every_reply_of_the_server_obeys_its_schema(site):
    company, token = await site.opened(credits=100)
    await testing.a_route(site.platform)
    await testing.a_user(site.platform, company, username="awa")
    in_an_hour = int(site.clock().timestamp()) + 3600

    sent = await site.send(token, NUMBER)
    planned = await site.send(token, NUMBER, planned_date=in_an_hour)
    code = await site.post("/apiv2/smscode/", {"phone_number": NUMBER}, token=token)
    answers = [
        ("login", await site.post("/auth2/get_token_auth/", {"username": "awa", "password": testing.PASSWORD})),
        ("send", sent),
        ("send", planned),
        ("sms", await site.get("/apiv2/sms/", token=token)),
        ("smscode", code),
        ("codes", await site.get("/apiv2/smscode/", token=token)),
        (
            "verify_code",
            await site.post("/apiv2/verify_code/", {"phone_number": NUMBER, "code": code.json["code"]}, token=token),
        ),
        ("balance", await site.get("/apiv2/balance/", token=token)),
    ]

    assert [(name, result.status_code) for name, result in answers] == [(name, 200) for name, _ in answers]
    assert all(described(name, result) for name, result in answers)


@pytest.mark.parametrize("call", API.calls, ids=lambda call: call.name)
async def test_refusals_of_the_server_are_described(site, call):
    _, token = await site.opened(credits=0)
    answers = [
        await site.ask(call.method, call.path),
        await site.ask(call.method, call.path, token="no-such-token"),
        await site.ask(call.method, call.path + "?id=nonsense", token=token),
        await site.ask(call.method, call.path, token=token, body=b"{", content_type="application/json"),
        await site.ask(call.method, call.path, token=token, body=b"x", content_type="text/csv"),
    ]
    if call.method == "POST":
        fields = {"number": NUMBER, "message": "Bonjour", "phone_number": NUMBER, "code": "000000"}
        answers.append(await site.post(call.path, {**fields, "username": "x", "password": "x"}, token=token))

    assert all(described(call.name, result) for result in answers)
    assert any(result.status_code >= 400 for result in answers)


@pytest.mark.parametrize("path", ["/docs/", "/docs/en/", "/apiv2/openapi.json"])
async def test_the_application_serves_the_documentation(site, path):
    result = await site.get(path)

    assert result.status_code == 200
