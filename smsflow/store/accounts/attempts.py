"""How often somebody tried something, counted per period."""

from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


async def count_attempt(tx: Tx, door: str, who: str, *, period: float, now: datetime) -> tuple[int, float]:
    """Count one more attempt of `who` at `door`; return how many there were in this period, and the seconds until it ends."""
    upsert = text("""
        INSERT INTO attempt_window AS w (door, who, started_at, count) VALUES (:door, :who, :now, 1)
        ON CONFLICT (door, who) DO UPDATE SET
            count = CASE WHEN w.started_at <= :now - make_interval(secs => :period) OR w.started_at > :now THEN 1 ELSE w.count + 1 END,
            started_at = CASE WHEN w.started_at <= :now - make_interval(secs => :period) OR w.started_at > :now THEN :now ELSE w.started_at END
        RETURNING count, started_at
    """)
    count, started_at = (await tx.execute(upsert, {"door": door, "who": who, "now": now, "period": period})).one()
    return count, max(0.0, period - (now - started_at).total_seconds())


async def take_back(tx: Tx, door: str, who: str) -> None:
    """Count one attempt less: it was right."""
    update = text("UPDATE attempt_window SET count = count - 1 WHERE door = :door AND who = :who AND count > 0")
    await tx.execute(update, {"door": door, "who": who})


async def forget_attempts(tx: Tx, *, before: datetime) -> None:
    """Drop the attempt windows that began before this time."""
    await tx.execute(text("DELETE FROM attempt_window WHERE started_at < :before"), {"before": before})


async def standing(tx: Tx, door: str, who: str, *, period: float, now: datetime) -> tuple[int, float]:
    """Return how many attempts of `who` at `door` are counted in this period, and the seconds until it ends."""
    query = text("""
        SELECT count, started_at FROM attempt_window
        WHERE door = :door AND who = :who AND started_at > :now - make_interval(secs => :period) AND started_at <= :now
    """)
    row = (await tx.execute(query, {"door": door, "who": who, "now": now, "period": period})).one_or_none()
    if row is None:
        return 0, 0.0
    count, started_at = row
    return count, max(0.0, period - (now - started_at).total_seconds())
