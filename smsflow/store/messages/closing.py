"""Messages that end: their last status, and the credits that go back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.failures import counted
from smsflow.domain.message import Status
from smsflow.store.messages import failures
from smsflow.store.messages.failures import Failed
from smsflow.store.messages.tallies import appended
from smsflow.store.postgres.arrays import flags, ints, texts
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Closed:
    """A message that ends now, and why; `refund` gives its credits back."""

    message_id: int
    status: Status
    error: str | None
    refund: bool


_FAILED = (Status.FAILED, Status.EXPIRED)

# First what is kept of them elsewhere (docs/architecture.md, "The order of locks"): an SMS may end while it waits to be sent again.
# The two counts have both locked before the messages are.
_LOCK = bounded("""
WITH waiting AS MATERIALIZED (
    SELECT FROM queue WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY message_id FOR UPDATE
), unknown AS MATERIALIZED (
    SELECT FROM unknown_outcome WHERE message_id = ANY(CAST(:ids AS bigint[])) ORDER BY message_id FOR UPDATE
)
SELECT m.id, m.company_id, m.status, m.charged, coalesce(m.losses, 0), m.error, m.campaign_id FROM message m
WHERE m.id = ANY(CAST(:ids AS bigint[])) AND WITHIN(m.id) AND (SELECT count(*) FROM waiting) + (SELECT count(*) FROM unknown) >= 0
ORDER BY m.id FOR NO KEY UPDATE
""")


# An end that was presumed may become another one: then `former` is 6.
_CLOSING = f"""
WITH ended AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS smallint[]), CAST(:formers AS smallint[]), CAST(:errors AS text[]),
        CAST(:refunds AS boolean[]), CAST(:returned AS integer[])) AS t(id, status, former, error, refund, returned)
), closed AS (
    UPDATE message m SET status = e.status, error = e.error, done_at = :now, charged = CASE WHEN e.refund THEN 0 ELSE m.charged END
    FROM ended e WHERE m.id = e.id AND WITHIN(m.id)
    RETURNING m.company_id, m.campaign_id, m.created_at, m.connector_id, m.kind, m.status, e.former, e.returned
)FAILED
{
    appended(
        "closed",
        sent="-count(*) FILTER (WHERE former = 2)",
        delivered="count(*) FILTER (WHERE status = 3)",
        failed="count(*) FILTER (WHERE status = 4)",
        expired="count(*) FILTER (WHERE status = 6) - count(*) FILTER (WHERE former = 6)",
        cancelled="count(*) FILTER (WHERE status = 7)",
        unknown="-count(*) FILTER (WHERE former = 8)",
        returned="sum(returned)",
    )
}
"""
_CLOSE = bounded(_CLOSING.replace("FAILED", ""))
_CLOSE_FAILED = bounded(_CLOSING.replace("FAILED", f", failed AS ({failures.APPEND})"))


_REFUND = text("""
WITH owed AS (
    SELECT * FROM unnest(CAST(:companies AS bigint[]), CAST(:amounts AS bigint[]), CAST(:counts AS integer[])) AS t(company_id, amount, messages)
), paid AS (
    UPDATE company c SET balance = c.balance + o.amount FROM owed o WHERE c.id = o.company_id
)
INSERT INTO ledger (company_id, amount, reason, messages, created_at) SELECT company_id, amount, 'refund', messages, :now FROM owed
""")


_FORGET = text("""
WITH ids AS (SELECT unnest(CAST(:ids AS bigint[])) AS id), dropped AS (DELETE FROM unknown_outcome u USING ids WHERE u.message_id = ids.id)
DELETE FROM queue q USING ids WHERE q.message_id = ids.id
""")


@dataclass(frozen=True, slots=True)
class Locked:
    """The facts that decide a message's next status; its row is locked until the transaction ends."""

    company_id: int
    status: Status
    charged: int
    losses: int
    """How many of its attempts may have reached the handset without anybody saying so."""
    error: str | None
    campaign_id: int | None


async def lock(tx: Tx, ids: Sequence[int]) -> Mapping[int, Locked]:
    """Lock messages, after their places in the queue and among the unknown ones, and return them by id."""
    return {
        message_id: Locked(company_id, Status(status), charged, losses, error, campaign_id)
        for message_id, company_id, status, charged, losses, error, campaign_id in await tx.execute(
            _LOCK(ids), {"ids": ints(ids)}
        )
    }


def _failed(ended: Sequence[Closed], locked: Mapping[int, Locked]) -> Counter[Failed]:
    """Return what changes in the counts of failures of campaigns; an end that was presumed and becomes another one is taken out."""
    failed: Counter[Failed] = Counter()
    for e in ended:
        message = locked[e.message_id]
        if message.campaign_id is None:
            continue
        if e.status in _FAILED:
            failed[message.company_id, message.campaign_id, int(e.status), counted(e.error)] += 1
        if message.status is Status.EXPIRED:
            failed[message.company_id, message.campaign_id, int(message.status), counted(message.error)] -= 1
    return failed


async def close(tx: Tx, ended: Sequence[Closed], locked: Mapping[int, Locked], *, now: datetime) -> None:
    """Give each message its last status, take it from the queue and return credits where they are due; rows must be locked."""
    if not ended:
        return
    ids = ints(e.message_id for e in ended)
    parameters = {
        "ids": ids,
        "statuses": ints(int(e.status) for e in ended),
        "formers": ints(int(locked[e.message_id].status) for e in ended),
        "errors": texts(e.error for e in ended),
        "refunds": flags(e.refund for e in ended),
        "returned": ints(locked[e.message_id].charged if e.refund else 0 for e in ended),
        "now": now,
    }
    failed = _failed(ended, locked)
    close_ = _CLOSE_FAILED if failed else _CLOSE
    await tx.execute(close_(e.message_id for e in ended), {**parameters, **failures.parameters(failed)})
    await tx.execute(_FORGET, {"ids": ids})
    owed: dict[int, list[int]] = {}
    for e in ended:
        message = locked[e.message_id]
        if e.refund and message.charged:
            total = owed.setdefault(message.company_id, [0, 0])
            total[0] += message.charged
            total[1] += 1
    if owed:
        ordered = sorted(owed)
        amounts = ints(owed[c][0] for c in ordered)
        counts = ints(owed[c][1] for c in ordered)
        await tx.execute(_REFUND, {"companies": ints(ordered), "amounts": amounts, "counts": counts, "now": now})
