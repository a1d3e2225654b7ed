"""A suspended company gets what the documentation promises."""

import pytest

from smsflow import testing
from smsflow.web.api_v2.calls import API

FIELDS = {
    "login": {"username": "awa", "password": testing.PASSWORD},
    "send": {"number": "690000001", "message": "Bonjour"},
    "smscode": {"phone_number": "690000001"},
    "verify_code": {"phone_number": "690000001", "code": "422510"},
}


@pytest.mark.parametrize("call", API.calls, ids=lambda call: call.name)
async def test_403_is_documented_where_a_suspended_company_gets_it_and_nowhere_else(site, call):
    company, token = await site.opened(suspended=True)
    await testing.a_user(site.platform, company)
    options = {"token": token} if call.needs_token else {}

    if call.method == "POST":
        answer = await site.post(call.path, FIELDS[call.name], **options)
    else:
        answer = await site.get(call.path, **options)

    assert (answer.status_code == 403) == (403 in call.errors)
