"""The plan of each hot statement walks the index that is meant for it, also on tables that are empty."""

import re

import pytest

from smsflow import runtime, testing
from smsflow.store.messages import accept, closing, queue, receipts, rows, unknowns
from tests.dispatch.stage import a_message, accepted, execute

_NOW = runtime.now()
_ACCEPT = {
    "payers": "{1}",
    "amounts": "{1}",
    "counts": "{1}",
    "checked": False,
    "now": _NOW,
    "companies": "{1}",
    "connectors": "{1}",
    "campaigns": "{NULL}",
    "due": "{NULL}",
    "valid_until": f'{{"{_NOW.isoformat()}"}}',
    "kinds": "{1}",
    "segments": "{1}",
    "sealed": "{f}",
    "numbers": "{x}",
    "countries": "{CM}",
    "senders": "{x}",
    "texts": "{x}",
    "steps": "{0}",
    "wake": "{}",
}
_SENT = {
    "ids": "{1}",
    "attempts": "{1}",
    "instance_id": 1,
    "connector_id": 1,
    "account_id": 1,
    "now": _NOW,
    "part_ids": "{1}",
    "refs": "{r}",
    "numbers": "{1}",
    "totals": "{1}",
}
_RECEIVED = {"accounts": "{1}", "refs": "{r}"}

_STATEMENTS = {
    "accept": (accept._ACCEPT, _ACCEPT, ("company_pkey", "share_pkey", "lane_clock_pkey")),
    "claim": (queue._CLAIM, {"connector_id": 1, "instance_id": 1, "limit": 10}, ("queue_ready", "queue_pkey")),
    "sent": (queue._SENT([1]), _SENT, ("queue_pkey", "unknown_outcome_pkey")),
    "hold": (queue._HOLD, {"ids": "{1}", "attempts": "{1}", "instance_id": 1}, ("queue_pkey",)),
    "release": (queue._RELEASE, {"ids": "{1}", "attempts": "{1}", "due": "{NULL}", "instance_id": 1}, ("queue_pkey",)),
    "due": (queue._DUE, {"now": _NOW, "limit": 10}, ("queue_due",)),
    "only parts": (receipts._ONLY_PARTS, _RECEIVED, ("part_.*reference",)),
    "delivered": (receipts._DELIVERED([1]), {"ids": "{1}", "numbers": "{x}", "now": _NOW}, ("message_.*pkey",)),
    "named": (receipts._NAMED, _RECEIVED, ("part_.*reference",)),
    "content": (queue._CONTENT([1]), {"ids": "{1}"}, ("message_.*pkey",)),
    "guess": (
        receipts._UNKNOWN_TO,
        {"accounts": "{1}", "numbers": "{x}", "senders": "{x}", "parked": f'{{"{_NOW.isoformat()}"}}'},
        ("unknown_outcome_number", "message_.*pkey"),
    ),
    "unpark": (
        receipts._UNPARK,
        {"since": _NOW, "accounts": "{1}", "answered": f'{{"{_NOW.isoformat()}"}}', "limit": 10},
        ("parked_receipt_received", "part_.*reference", "unknown_outcome_number"),
    ),
    "resend": (unknowns._RESEND, {"now": _NOW, "limit": 10}, ("unknown_outcome_resend",)),
    "latest": (rows._LATEST((1, 1)), {"company_id": 1, "limit": 10}, ("message_.*company_id",)),
    "one": (rows._ONE([1]), {"company_id": 1, "id": 1}, ("message_.*(?:pkey|company_id)",)),
    "lock": (closing._LOCK([1, 2]), {"ids": "{1,2}"}, ("message_.*pkey",)),
    "close": (
        closing._CLOSE([1]),
        {"ids": "{1}", "statuses": "{3}", "errors": "{x}", "refunds": "{f}", "now": _NOW},
        ("message_.*pkey",),
    ),
}


async def plan(platform, statement, parameters):
    async with platform.database.transaction() as tx:
        rows = await tx.execute(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)


def assert_walks(found, indexes):
    assert not re.findall(r"Seq Scan on (?:message|part|queue|unknown_outcome|company|share)\w*", found), found
    for index in indexes:
        assert re.search(rf"(?:using|Bitmap Index Scan on) {index}", found), f"{index} is not walked:\n{found}"


@pytest.mark.parametrize("name", _STATEMENTS)
async def test_on_empty_tables_a_hot_statement_walks_its_index(platform, name):
    statement, parameters, indexes = _STATEMENTS[name]

    assert_walks(await plan(platform, statement, parameters), indexes)


async def test_on_analysed_tables_every_hot_statement_walks_its_index(platform):
    company = await testing.a_company(platform, credits=10_000)
    for _ in range(5):
        await accepted(platform, *[a_message(company, 1) for _ in range(400)])
    await execute(platform, "ANALYZE")

    for statement, parameters, indexes in _STATEMENTS.values():
        assert_walks(await plan(platform, statement, parameters), indexes)
