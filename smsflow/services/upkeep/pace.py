"""How fast the platform is at this moment: from the signs of life of its processes and the last SMS, never a count of messages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.services.upkeep.disks import Disk, disks
from smsflow.store.messages import pace as messages
from smsflow.store.postgres.transactions import Tx
from smsflow.store.upkeep import processes
from smsflow.store.upkeep.processes import ProcessShown


@dataclass(frozen=True, slots=True)
class Throughput:
    """SMS accepted and segments handed to operators, a second over the last seconds; how long SMS waited; the fullest disk."""

    accepted: float
    submitted: float
    delay: timedelta | None
    disk: Disk | None


async def pace(tx: Tx, shown: list[ProcessShown], *, now: datetime) -> Throughput:
    """Return the pace of the processes that were seen."""
    alive = [s for s in shown if s.silent <= processes.SILENCE]
    fullest = disks(alive)
    return Throughput(
        sum(s.accepted_rate or 0 for s in alive),
        sum(s.submitted_rate or 0 for s in alive),
        await messages.delay(tx, now=now),
        fullest[0] if fullest else None,
    )
