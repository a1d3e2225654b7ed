"""Processes that run, as they show themselves every few seconds; ages are measured by the database's clock alone."""

from dataclasses import asdict, dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text

# Seconds between two signs of life, and the silence after which a process is taken for gone.
EVERY = 5.0
SILENCE = 20.0
# The most (seconds) by which the clock of a machine may differ from the database's.
CLOCK_TOLERANCE = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the platform."""

    role: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a process since it began, and the octets of the disk that it keeps its data on."""

    accepted: int
    submitted: int
    disk_free: int | None = None
    disk_total: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessShown:
    """A process, the seconds since it last showed itself, and how far its clock was ahead of the database's then.

    Its rates are those between its last two signs of life, a second.
    """

    process: Process
    silent: float
    clock_ahead: float
    accepted_rate: float | None = None
    submitted_rate: float | None = None
    disk_free: int | None = None
    disk_total: int | None = None


# One row a process, updated in place.
_BEAT = text("""
INSERT INTO process AS p (role, host, pid, started_at, beat_at, clock_ahead, accepted, submitted, disk_free, disk_total)
VALUES (:role, :host, :pid, now(), now(), extract(epoch FROM CAST(:clock AS timestamptz) - clock_timestamp()),
    CAST(:accepted AS bigint), CAST(:submitted AS bigint), CAST(:disk_free AS bigint), CAST(:disk_total AS bigint))
ON CONFLICT (role, host, pid) DO UPDATE SET beat_at = excluded.beat_at, clock_ahead = excluded.clock_ahead,
    accepted = excluded.accepted, submitted = excluded.submitted,
    accepted_rate = (excluded.accepted - p.accepted) / nullif(extract(epoch FROM excluded.beat_at - p.beat_at), 0),
    submitted_rate = (excluded.submitted - p.submitted) / nullif(extract(epoch FROM excluded.beat_at - p.beat_at), 0),
    disk_free = excluded.disk_free, disk_total = excluded.disk_total
RETURNING clock_ahead
""")


async def beat(tx: Tx, process: Process, *, clock: datetime, work: Work | None = None) -> float:
    """Show that a process lives, and what it does; return the seconds that its `clock` is ahead of the database's."""
    done = asdict(work) if work else dict.fromkeys(("accepted", "submitted", "disk_free", "disk_total"))
    parameters = {"role": process.role, "host": process.host, "pid": process.pid, "clock": clock, **done}
    return float((await tx.execute(_BEAT, parameters)).scalar_one())


async def leave(tx: Tx, process: Process) -> None:
    """Forget a process that ends, and those that have been silent for a day."""
    delete = text("""
        DELETE FROM process WHERE role = :role AND host = :host AND pid = :pid OR beat_at < now() - interval '1 day'
    """)
    await tx.execute(delete, {"role": process.role, "host": process.host, "pid": process.pid})


async def processes(tx: Tx) -> list[ProcessShown]:
    """Return every process that has not ended by itself, those that showed themselves last first."""
    query = text("""
        SELECT role, host, pid, extract(epoch FROM clock_timestamp() - beat_at), clock_ahead,
            accepted_rate, submitted_rate, disk_free, disk_total FROM process ORDER BY beat_at DESC
    """)
    return [
        ProcessShown(Process(role, host, pid), float(silent), clock_ahead, *work)
        for role, host, pid, silent, clock_ahead, *work in await tx.execute(query)
    ]
