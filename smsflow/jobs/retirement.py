"""The nightly retirement: partitions that hold nothing but old messages are read without a lock, and dropped in a moment."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from smsflow.services.upkeep import retention
from smsflow.services.upkeep.retention import Read
from smsflow.store.postgres.partitions import Partition, PartitionInUse
from smsflow.store.postgres.transactions import Database

log = structlog.get_logger(__name__)

# A dump or a check of the ledger may hold the tables for a while; a partition that is not dropped tonight is dropped another night.
_TRIES = 60
_PAUSE = 1.0


async def retire(
    database: Database,
    *,
    parts_kept: timedelta,
    messages_kept: timedelta,
    now: datetime,
    tries: int = _TRIES,
    pause: float = _PAUSE,
) -> list[str]:
    """Drop the partitions whose messages are all old; return their names. Each is a transaction of its own."""
    dropped: list[str] = []

    async def drop(partition: Partition, charges: Mapping[int, int]) -> None:
        for _ in range(tries):
            try:
                async with database.transaction() as tx:
                    await retention.drop(tx, partition, charges)
            except PartitionInUse:
                await asyncio.sleep(pause)
            else:
                dropped.append(partition.name)
                return
        log.warning("partition_in_use", name=partition.name)

    async with database.autocommit() as tx:
        parts = await retention.old_parts(tx, kept=parts_kept, now=now)
    for partition in parts:
        # A planned message may have left long after the newest of its partition was accepted.
        if (await _read(database, partition)).is_past(now - parts_kept):
            await drop(partition, {})
    async with database.autocommit() as tx:
        messages = await retention.old_messages(tx, kept=messages_kept, now=now)
    for partition in messages:
        found = await _read(database, partition)
        if found.is_past(now - messages_kept):
            await drop(partition, found.charges)
    return dropped


async def _read(database: Database, partition: Partition) -> Read:
    found = Read()
    for low in range(partition.low, partition.high, retention.SLICE):
        async with database.autocommit() as tx:
            found.add(await retention.read(tx, low, min(low + retention.SLICE, partition.high)))
    return found
