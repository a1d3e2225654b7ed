"""The cost of an SMS as the tables grow: the four hot statements in batches of 50, at some numbers of stored messages, with their plans."""

import argparse
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg
import uvloop

from smsflow import observe
from smsflow.datadir import prepare
from smsflow.domain.message import Kind, NewMessage, Status
from smsflow.runtime import now
from smsflow.store.accounts import companies
from smsflow.store.credits import balances
from smsflow.store.messages import accept, queue, receipts, submitted
from smsflow.store.postgres import embedded, partitions
from smsflow.store.postgres.transactions import Database, Tx, text
from smsflow.store.routing import connectors, dispatchers

_BATCH = 50
_ROUNDS = 200
_FILL = 250_000

_STORED = text("""
WITH made AS (
    INSERT INTO message (id, company_id, connector_id, created_at, valid_until, sent_at, done_at, kind, status, segments, charged,
        sealed, number, country, sender, text)
    SELECT nextval('message_id_seq'), :company, :connector, now(), now(), now(), now(), 1, 3, 1, 1, false,
        '+2376' || (70000000 + (n % 9999999)), 'CM', 'BENCH', repeat('x', 100)
    FROM generate_series(1, :number) n RETURNING id
)
INSERT INTO part (company_id, message_id, attempt, account_id, reference, number, total)
SELECT :company, id, 1, :connector, 'old' || id, 1, 1 FROM made
""")


async def fill(database: Database, company: int, connector: int, wanted: int) -> None:
    """Store delivered messages, with their parts, until there are `wanted`."""
    while True:
        async with database.transaction() as tx:
            await partitions.ensure(tx)
            await tx.execute("SET LOCAL statement_timeout = 0")
            there = (await tx.execute("SELECT last_value FROM message_id_seq")).scalar_one()
            missing = min(_FILL, wanted - there)
            if missing <= 0:
                return
            await tx.execute(_STORED, {"company": company, "connector": connector, "number": missing})


async def cost(tx: Tx, company: int, connector: int, instance: int) -> Counter[str]:
    """Return the microseconds per SMS of each hot statement."""
    spent: Counter[str] = Counter()
    moment = now()
    one = NewMessage(
        company,
        "+237690000001",
        "CM",
        "x" * 100,
        "BENCH",
        Kind.TRANSACTIONAL,
        1,
        connector,
        moment + timedelta(hours=1),
    )
    for _ in range(_ROUNDS):
        marks = [time.perf_counter()]
        await accept.accept(tx, [one] * _BATCH, now=moment)
        marks.append(time.perf_counter())
        claims = await queue.claim(tx, connector, instance_id=instance, limit=_BATCH)
        marks.append(time.perf_counter())
        sent = [submitted.Sent(c.id, c.attempt, (f"new{c.id}",)) for c in claims]
        await submitted.record_sent(
            tx, sent, connector_id=connector, account_id=connector, instance_id=instance, now=moment
        )
        marks.append(time.perf_counter())
        news = [
            receipts.News(connector, f"new{c.id}", Status.DELIVERED, False, None, c.number, c.sender) for c in claims
        ]
        settled = await receipts.deliver(tx, news, near=claims[-1].id, now=moment)
        marks.append(time.perf_counter())
        assert len(settled) == len(claims) == _BATCH
        for name, begun, ended in zip(("accept", "claim", "sent", "receipt"), marks, marks[1:], strict=False):
            spent[name] += (ended - begun) / _ROUNDS / _BATCH * 1e6
    return spent


async def measure(url: str, sizes: list[int]) -> None:
    """Print a line for each size."""
    await prepare(url)
    database = Database(url, pool=3)
    async with database.transaction() as tx:
        company = await companies.add_company(tx, "Growth", country="CM", timezone="Africa/Douala")
        await balances.credit(tx, company, 10**9, note="growth", now=now())
        connector = await connectors.add_connector(
            tx, {"name": "growth", "host": "127.0.0.1", "port": 1, "system_id": "x", "password_sealed": ""}
        )
    assert connector is not None
    async with database.session() as tx:
        instance = await dispatchers.register(tx, host="bench", pid=1, now=now())
        for size in sizes:
            began = time.perf_counter()
            await fill(database, company, connector, size)
            filled = time.perf_counter() - began
            await tx.execute("SET statement_timeout = 0")
            await tx.execute("VACUUM (ANALYZE, PARALLEL 0) message, part, queue")
            await tx.execute("CHECKPOINT")
            await cost(tx, company, connector, instance)
            spent = await cost(tx, company, connector, instance)
            shown = "  ".join(f"{name} {microseconds:5.1f}" for name, microseconds in spent.items())
            print(f"{size:>11,} stored: {shown}  all {sum(spent.values()):5.1f} µs per SMS (filled in {filled:.0f} s)")
    await database.close()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,1000000,10000000", help="numbers of stored messages")
    arguments = parser.parse_args()
    observe.configure("warning")
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.start(Path(folder))
        try:
            with psycopg.connect(server.admin_url, autocommit=True) as administrator:
                administrator.execute("GRANT pg_checkpoint TO smsflow")
            uvloop.run(measure(server.url, [int(s) for s in arguments.sizes.split(",")]))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
