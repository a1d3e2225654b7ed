"""How long SMS take from being accepted to leaving, from the last ones: a bounded read, whatever is stored."""

from datetime import datetime, timedelta

from smsflow.store.postgres.transactions import Tx, text

RECENT = timedelta(minutes=10)

# Walks the primary key from its right end: a few hundred rows, about 1 ms. SMS that wait for a date are no measure.
_DELAY = text("""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - created_at)) FROM (
    SELECT sent_at, created_at, planned_at FROM message ORDER BY id DESC LIMIT 300
) lately WHERE sent_at > CAST(:since AS timestamptz) AND planned_at IS NULL
""")


async def delay(tx: Tx, *, now: datetime) -> timedelta | None:
    """Return the median time from accepted to sent, over all companies; None where nothing left lately."""
    seconds = (await tx.execute(_DELAY, {"since": now - RECENT})).scalar_one()
    return None if seconds is None else timedelta(seconds=float(seconds))
