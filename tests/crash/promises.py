"""The promises, checked: what the handsets received, the database holds and the customer was answered agree."""

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass

from smsflow.domain.message import FINAL, Status
from smsflow.store.credits import ledger
from smsflow.store.postgres.transactions import Database
from tests.crash import load
from tests.waiting import until

# An id of 3,000 octets is kept cut, with an ellipsis, and no receipt is matched by it.
_OPEN = """
SELECT m.status, count(*) FROM message m LEFT JOIN unknown_outcome u ON u.message_id = m.id
WHERE split_part(m.text, ' ', 1) = ANY(%(prefixes)s)
    AND (m.status IN (1, 5) OR m.status = 2 AND NOT %(no_receipts)s
            AND NOT EXISTS (SELECT 1 FROM part p WHERE p.message_id = m.id AND p.reference LIKE '%%…%%')
        OR m.status = 8 AND u.resend_at IS NOT NULL) GROUP BY 1
"""

# Campaigns that ran before on the same platform wrote one text to many.
_OURS = "SELECT id, text, status, charged FROM message WHERE split_part(text, ' ', 1) = ANY(%(prefixes)s)"


@dataclass(slots=True)
class Count:
    """The result of a run."""

    kills: int = 0
    accepted: int = 0
    refused: int = 0
    unanswered: int = 0
    final: int = 0
    unknown: int = 0
    duplicates: int = 0
    charged: int = 0
    kept_though_refused: int = 0

    def __iadd__(self, other):
        """Add up."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


async def settled(gateway, loads, *, no_receipts=False):
    """Wait until no message whose text begins with the prefix of one of these loads waits for anything any more."""
    sought = {"no_receipts": no_receipts, "prefixes": [each.prefix for each in loads]}
    last = []

    async def nothing_open():
        try:
            last[:] = await asyncio.to_thread(gateway.connect, _OPEN, sought)
        except Exception as error:  # noqa: BLE001 - it is being restarted
            last[:] = [("the database is away", str(error))]
        return not last

    try:
        await until(nothing_open, "an end of every message", gateway.patience)
    except AssertionError as error:
        raise AssertionError(f"{error}: {last}\n{gateway.log.read_text()[-4000:]}") from None


async def judge(gateway, smsc, loads, *, kills, window, no_receipts=False, per_kill=True, at_most_once=False):
    """Return the counts; raise AssertionError with the first promise that was broken.

    A company that wants a message `at_most_once` accepts that one which is unknown may never have left.
    """
    await settled(gateway, loads, no_receipts=no_receipts)
    asked = [a for each in loads for a in each.asked]
    rows = {row[0]: row[1:] for row in gateway.connect(_OURS, {"prefixes": [each.prefix for each in loads]})}
    texts = Counter(row[0] for row in rows.values())
    seen = {row[0] for row in gateway.connect("SELECT DISTINCT message_id FROM seen_unknown")}
    received = await smsc.received()

    for a in asked:
        if a.answer == load.accepted:
            assert a.message_id in rows, f"accepted and lost: {a}"
            text, status, charged = rows[a.message_id]
            assert text == a.text, f"{a} has another text: {text}"
            if Status(status) in {Status.FAILED, Status.EXPIRED, Status.CANCELLED}:
                assert charged == 0, f"neither delivered nor refunded: {a}"
                assert not received[a.text], f"came to its handset and was refunded: {a}, status {status}"
            elif not (at_most_once and Status(status) is Status.UNKNOWN):
                assert received[a.text], f"never came to its handset: {a}, status {status}"
    assert not [t for t, n in texts.items() if n > 1], "stored and charged twice"
    unasked = set(received) - set(texts)
    assert not [t for t in unasked if t in {a.text for a in asked}], "sent without being stored"

    texts_of_unknown = {rows[m][0] for m in seen if m in rows}
    ours = {a.text for a in asked}
    duplicates = {text: n - 1 for text, n in received.items() if n > 1 and text in ours}
    strange = set(duplicates) - texts_of_unknown
    assert not strange, f"came twice without having been unknown: {sorted(strange)[:5]}"
    extra = sum(duplicates.values())
    if per_kill:
        assert extra <= window * max(kills, 0), f"{extra} duplicates after {kills} kills with a window of {window}"
    broken = await ledger_breaks(gateway)
    assert not broken, f"the ledger does not add up: {broken}"
    return Count(
        kills=kills,
        accepted=sum(a.answer == load.accepted for a in asked),
        refused=sum(a.answer == load.refused for a in asked),
        unanswered=sum(a.answer == load.unanswered for a in asked),
        final=sum(
            Status(rows[a.message_id][1]) in (FINAL | {Status.SENT} if no_receipts else FINAL)
            for a in asked
            if a.answer == load.accepted
        ),
        unknown=sum(m in rows and rows[m][0] in ours for m in seen),
        duplicates=extra,
        charged=sum(row[2] for row in rows.values() if row[0] in ours),
        kept_though_refused=sum(a.answer == load.refused and a.text in texts for a in asked),
    )


async def ledger_breaks(gateway):
    """Return what the ledger's proof finds wrong."""
    database = Database(gateway.url, pool=1)
    try:
        async with database.transaction() as tx:
            return await ledger.check(tx)
    finally:
        await database.close()
