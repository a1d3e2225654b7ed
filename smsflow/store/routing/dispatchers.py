"""Dispatchers that run, and the binds they hold: leases by session locks, never by wall clock."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.cells import IDS
from smsflow.store.postgres.transactions import Tx, text

# The first key of the advisory locks: one space for instances, one for the slots of connectors.
_INSTANCE_LOCKS = 7301
_SLOT_LOCKS = 7302
# Slots of a connector in its lock's second key; `connector.binds` is bounded by the same number in the schema.
_SLOTS = 16


@dataclass(frozen=True, slots=True)
class Instance:
    """A running dispatcher, as the others see it."""

    id: int
    host: str
    pid: int
    beat: int


async def register(tx: Tx, *, host: str, pid: int, now: datetime) -> int:
    """Give this dispatcher an id and lock it for as long as the session lives."""
    insert = text("INSERT INTO instance (host, pid, started_at) VALUES (:host, :pid, :now) RETURNING id")
    instance_id = (await tx.execute(insert, {"host": host, "pid": pid, "now": now})).scalar_one()
    await tx.execute(text("SELECT pg_advisory_lock(:space, :id)"), {"space": _INSTANCE_LOCKS, "id": instance_id})
    return int(instance_id)


async def beat(tx: Tx, instance_id: int) -> bool:
    """Show that this dispatcher lives; False when it was declared dead and must stop sending."""
    update = text("UPDATE instance SET beat = beat + 1 WHERE id = :id RETURNING id")
    return (await tx.execute(update, {"id": instance_id})).one_or_none() is not None


async def others(tx: Tx, instance_id: int) -> list[Instance]:
    """Return the other dispatchers."""
    rows = await tx.execute(
        text("SELECT id, host, pid, beat FROM instance WHERE id <> :id ORDER BY id"), {"id": instance_id}
    )
    return [Instance(*row) for row in rows]


async def has_gone(tx: Tx, instance_id: int) -> bool:
    """Tell whether the session of this dispatcher has ended: then its lock is free (ours until the transaction ends)."""
    query = text("SELECT pg_try_advisory_xact_lock(:space, :id)")
    return bool((await tx.execute(query, {"space": _INSTANCE_LOCKS, "id": instance_id})).scalar_one())


async def declare_dead(tx: Tx, instance_id: int) -> None:
    """Remove a dispatcher that died and end its session, which frees its slots; its claims must be dealt with in this transaction."""
    end = text("""
        SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = :space AND objid = :id AND granted AND pid <> pg_backend_pid()
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """)
    await tx.execute(end, {"space": _INSTANCE_LOCKS, "id": instance_id})
    # The rows stay: the next dispatcher to take such a slot sees that it was never given back (see `holder`).
    lost = text("UPDATE bind_state SET state = 'lost', detail = 'its dispatcher died' WHERE instance_id = :id")
    await tx.execute(lost, {"id": instance_id})
    await tx.execute(text("DELETE FROM instance WHERE id = :id"), {"id": instance_id})


def _slot_key(connector_id: int, slot: int) -> int:
    """Return the key of a slot's lock: four octets, for which the number of the cell is left out of the connector's id."""
    return connector_id % IDS * _SLOTS + slot


async def take_slot(tx: Tx, connector_id: int, slot: int) -> bool:
    """Try to take one of a connector's binds for as long as this session lives."""
    query = text("SELECT pg_try_advisory_lock(:space, :key)")
    return bool((await tx.execute(query, {"space": _SLOT_LOCKS, "key": _slot_key(connector_id, slot)})).scalar_one())


@dataclass(frozen=True, slots=True)
class Holder:
    """The dispatcher that had a slot last and did not give it back; host and pid are None when it was declared dead."""

    instance_id: int
    host: str | None
    pid: int | None


async def holder(tx: Tx, connector_id: int, slot: int) -> Holder | None:
    """Return the dispatcher that had this slot last, or None when it was given back."""
    query = text("""
        SELECT b.instance_id, i.host, i.pid FROM bind_state b LEFT JOIN instance i ON i.id = b.instance_id
        WHERE b.connector_id = :connector_id AND b.slot = :slot
    """)
    row = (await tx.execute(query, {"connector_id": connector_id, "slot": slot})).one_or_none()
    return Holder(*row) if row else None


async def free_slot(tx: Tx, connector_id: int, slot: int) -> None:
    """Give a bind back; the next dispatcher to take it finds no holder and need not wait."""
    await tx.execute(
        text("DELETE FROM bind_state WHERE connector_id = :connector_id AND slot = :slot"),
        {"connector_id": connector_id, "slot": slot},
    )
    query = text("SELECT pg_advisory_unlock(:space, :key)")
    await tx.execute(query, {"space": _SLOT_LOCKS, "key": _slot_key(connector_id, slot)})


@dataclass(frozen=True, slots=True)
class BindState:
    """The state of one bind of a connector."""

    connector_id: int
    slot: int
    instance_id: int
    state: str
    detail: str
    since: datetime


async def report_bind(
    tx: Tx, connector_id: int, slot: int, *, instance_id: int, state: str, detail: str, now: datetime
) -> None:
    """Store the state of a bind: 'bound', 'connecting', 'lost' or 'stopped', with a sentence."""
    upsert = text("""
        INSERT INTO bind_state (connector_id, slot, instance_id, state, detail, since)
        VALUES (:connector_id, :slot, :instance_id, :state, :detail, :now)
        ON CONFLICT (connector_id, slot) DO UPDATE SET instance_id = excluded.instance_id, detail = excluded.detail,
            since = CASE WHEN bind_state.state = excluded.state THEN bind_state.since ELSE excluded.since END, state = excluded.state
    """)
    parameters = {
        "connector_id": connector_id,
        "slot": slot,
        "instance_id": instance_id,
        "state": state,
        "detail": detail[:500],
        "now": now,
    }
    await tx.execute(upsert, parameters)


async def binds(tx: Tx) -> list[BindState]:
    """Return the state of every bind."""
    rows = await tx.execute(
        text("SELECT connector_id, slot, instance_id, state, detail, since FROM bind_state ORDER BY 1, 2")
    )
    return [BindState(*row) for row in rows]


async def leave(tx: Tx, instance_id: int) -> None:
    """End this dispatcher's own registration; one that still has claims stays registered, so that the others declare it dead and take them back."""
    await tx.execute(text("DELETE FROM bind_state WHERE instance_id = :id"), {"id": instance_id})
    delete = text("""
        DELETE FROM instance WHERE id = :id AND NOT EXISTS (SELECT FROM queue WHERE claimed_by = :id)
    """)
    await tx.execute(delete, {"id": instance_id})


async def unowned(tx: Tx) -> list[int]:
    """Return the dispatchers that are gone and have claims (walks the queue: at a start, and when one has died)."""
    query = text("""
        SELECT DISTINCT q.claimed_by FROM queue q
        WHERE q.claimed_by IS NOT NULL AND NOT EXISTS (SELECT FROM instance i WHERE i.id = q.claimed_by)
    """)
    return [instance_id for (instance_id,) in await tx.execute(query)]
