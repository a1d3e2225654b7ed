"""The plan of each hot statement walks the index that is meant for it, also on tables that are empty."""

import re

import pytest

from smsflow import runtime, testing
from smsflow.store.messages import (
    accept,
    campaign_queue,
    closing,
    due,
    holding,
    parked,
    queue,
    receipts,
    rows,
    submitted,
    unknowns,
    unsettled,
)
from smsflow.store.routing import dispatchers
from tests.dispatch.stage import a_message, accepted, execute

_NOW = runtime.now()
_ACCEPT = {
    "payers": "{1}",
    "amounts": "{1}",
    "counts": "{1}",
    "checked": False,
    "now": _NOW,
    "hour": _NOW,
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
    "lanes": "{1}",
    "steps": "{0}",
    "lane_companies": "{1}",
    "lane_connectors": "{1}",
    "lane_kinds": "{1}",
    "lane_segments": "{1}",
    "wake": "{}",
}
_SENT = {
    "ids": "{1}",
    "attempts": "{1}",
    "instance_id": 1,
    "connector_id": 1,
    "account_id": 1,
    "now": _NOW,
    "folded": "{r}",
    "refs": "{r}",
    "exact": "{r}",
    "numbers": "{1}",
    "totals": "{1}",
}
_LONG = {"long_ids": "{1}", "long_folded": "{s}", "long_refs": "{s}", "long_numbers": "{2}"}
_RECEIVED = {"accounts": "{1}", "folded": "{r}", "refs": "{r}"}
_LOOK = {
    "accounts": "{1}",
    "answered": f'{{"{_NOW.isoformat()}"}}',
    "times": f'{{"{_NOW.isoformat()}"}}',
    "ids": "{0}",
    "limit": 10,
}

_STATEMENTS = {
    "accept": (accept._ACCEPT, _ACCEPT, ("company_pkey", "share_pkey", "lane_clock_pkey")),
    "claim": (
        queue._CLAIM([1]),
        {"connector_id": 1, "instance_id": 1, "limit": 10},
        ("queue_ready", "queue_pkey", "company_suspended"),
    ),
    "sent": (submitted._SENT([1]), _SENT, ("queue_pkey", "message_.*pkey")),
    "sent long": (submitted._SENT_LONG([1]), {**_SENT, **_LONG}, ("queue_pkey", "message_.*pkey")),
    "sent late": (submitted._SENT_LATE([1]), _SENT, ("queue_pkey", "unknown_outcome_pkey", "message_.*pkey")),
    "opted out": (due._OPTED_OUT([1]), {"ids": "{1}"}, ("message_.*pkey", "company_pkey", "opt_out_pkey")),
    "waiting for": (
        campaign_queue._WAITING_FOR,
        {"company_id": 1, "numbers": "{x}", "all": True},
        ("queue_campaign", "queue_marketing", "queue_planned", "queue_ready", "message_.*pkey"),
    ),
    "held": (queue._HOLD, {"ids": "{1}", "instance_id": 1}, ("queue_pkey", "unknown_outcome_pkey")),
    "release": (queue._RELEASE, {"ids": "{1}", "attempts": "{1}", "due": "{NULL}", "instance_id": 1}, ("queue_pkey",)),
    "due": (due._DUE, {"now": _NOW, "limit": 10}, ("queue_due", "company_suspended")),
    "hold": (holding._HOLD_READY, {"connector_id": 1, "limit": 10}, ("queue_ready", "queue_pkey", "company_suspended")),
    "free": (holding._FREE, {"now": _NOW, "limit": 10}, ("queue_held", "company_pkey", "queue_pkey")),
    "delivered": (
        receipts._DELIVERED([1]),
        {**_RECEIVED, "endings": "{1234567}", "now": _NOW},
        ("part_.*reference", "message_.*pkey"),
    ),
    "named": (receipts._NAMED, _RECEIVED, ("part_.*reference",)),
    "content": (queue._CONTENT([1]), {"ids": "{1}"}, ("message_.*pkey",)),
    "guess": (
        parked._UNKNOWN_TO,
        {"accounts": "{1}", "numbers": "{x}", "senders": "{x}", "parked": f'{{"{_NOW.isoformat()}"}}'},
        ("unknown_outcome_number", "message_.*pkey"),
    ),
    "sent to": (receipts._SENT_TO([1]), {"ids": "{1}"}, ("message_.*pkey",)),
    "oldest parked": (parked._OLDEST, _LOOK, ("parked_receipt_account", "part_.*reference", "unknown_outcome_number")),
    "newest parked": (parked._NEWEST, _LOOK, ("parked_receipt_account", "part_.*reference", "unknown_outcome_number")),
    "block": (unsettled._BLOCK([1]), {"low": 1, "high": 10_000}, ("message_.*pkey",)),
    "next block": (unsettled._NEXT, {"low": 1, "high": 10_000}, ("message_.*pkey",)),
    "overdue": (unsettled._OVERDUE([1]), {"low": 1, "high": 10_000, "now": _NOW, "limit": 10}, ("message_.*pkey",)),
    "overdue again": (
        unsettled._AGAIN([1]),
        {"low": 1, "high": 10_000, "now": _NOW, "later": _NOW, "since": _NOW},
        ("message_.*pkey",),
    ),
    "settled": (unknowns._SETTLED([1]), {"ids": "{1}", "attempts": "{1}"}, ("unknown_outcome_pkey", "message_.*pkey")),
    "resend due": (unknowns._DUE, {"now": _NOW, "limit": 10}, ("unknown_outcome_resend",)),
    "resend": (unknowns._RESEND([1]), {"ids": "{1}", "now": _NOW}, ("unknown_outcome_pkey", "message_.*pkey")),
    "latest": (rows._LATEST((1, 1)), {"company_id": 1, "limit": 10}, ("message_.*company_id",)),
    "one": (rows._ONE([1]), {"company_id": 1, "id": 1}, ("message_.*(?:pkey|company_id)",)),
    "lock": (closing._LOCK([1, 2]), {"ids": "{1,2}"}, ("queue_pkey", "unknown_outcome_pkey", "message_.*pkey")),
    "close": (
        closing._CLOSE([1]),
        {
            "ids": "{1}",
            "statuses": "{3}",
            "errors": "{x}",
            "refunds": "{f}",
            "formers": "{2}",
            "returned": "{0}",
            "now": _NOW,
        },
        ("message_.*pkey",),
    ),
}


async def plan(platform, statement, parameters):
    async with platform.database.transaction() as tx:
        rows = await tx.execute(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in rows)


# These read a block of ids, which is no whole partition.
_BLOCKS = {"block", "next block", "overdue", "overdue again"}


def assert_walks(name, found, indexes):
    assert not re.findall(r"Seq Scan on (?:message|part|queue|unknown_outcome|company|share)\w*", found), found
    # Bounds exclude partitions; walked in an index, they are all messages of a partition.
    assert name in _BLOCKS or not re.search(
        r"Index Cond: \(\((?:message_)?id >= '?\d+'?[^)]*\) AND \((?:message_)?id < '?\d+'?[^)]*\)\)", found
    ), found
    for index in indexes:
        assert re.search(rf"(?:using|Bitmap Index Scan on) {index}", found), f"{index} is not walked:\n{found}"


@pytest.mark.parametrize("name", _STATEMENTS)
async def test_on_empty_tables_a_hot_statement_walks_its_index(platform, name):
    statement, parameters, indexes = _STATEMENTS[name]

    assert_walks(name, await plan(platform, statement, parameters), indexes)


async def test_on_analysed_tables_every_hot_statement_walks_its_index(platform):
    company = await testing.a_company(platform, credits=10_000)
    for _ in range(5):
        await accepted(platform, *[a_message(company, 1) for _ in range(400)])
    await execute(platform, "ANALYZE")

    for name, (statement, parameters, indexes) in _STATEMENTS.items():
        assert_walks(name, await plan(platform, statement, parameters), indexes)


_BY_ID = ("sent", "content", "delivered", "lock", "close", "latest", "one")


async def test_however_many_partitions_there_are_a_statement_by_id_opens_the_one_that_holds_it(platform):
    for number in range(2, 12):
        for table in ("message", "part"):
            bounds = f"FROM ({number}00000000) TO ({number + 1}00000000)"
            await execute(platform, f"CREATE TABLE {table}_{number} PARTITION OF {table} FOR VALUES {bounds}")

    for name in _BY_ID:
        statement, parameters, _ = _STATEMENTS[name]
        found = await plan(platform, statement, parameters)
        assert set(re.findall(r" on (message_\d+)", found)) <= {"message_000000000000000"}, found


async def test_the_claim_and_the_last_messages_of_a_company_open_one_partition_of_many(platform):
    company = await testing.a_company(platform, credits=100)
    for number in range(2, 12):
        bounds = f"FROM ({number}00000000) TO ({number + 1}00000000)"
        await execute(platform, f"CREATE TABLE message_{number} PARTITION OF message FOR VALUES {bounds}")
    await execute(platform, "SELECT setval('message_id_seq', 500000000)")
    ids = await accepted(platform, *[a_message(company, 1) for _ in range(3)])
    async with platform.database.transaction() as tx:
        instance = await dispatchers.register(tx, host="test", pid=1, now=runtime.now())
        await tx.execute("SET LOCAL lock_timeout = '100ms'")
        async with platform.database.transaction() as other:
            # Opening a partition takes a lock on it: what is held against every lock is not opened.
            names = [f"message_{n}" for n in range(2, 12) if n != 5]
            await other.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
            claimed = await queue.claim(tx, 1, instance_id=instance, limit=3)
            latest = await rows.latest(tx, company.id, limit=3)
            one = await rows.find(tx, company.id, ids[0])

    assert [c.id for c in claimed] == ids
    assert [m.id for m in latest] == ids[::-1]
    assert one.id == ids[0]
