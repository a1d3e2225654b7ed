"""States of receipts that are not known, by connector and word: their SMS stay open until somebody says what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class UnknownState:
    """A word that a connector's operator uses, how often it came, and when it came last."""

    connector_id: int
    word: str
    receipts: int
    last_at: datetime


_NOTE = text("""
INSERT INTO unknown_receipt_state (connector_id, word, receipts, last_at)
SELECT :connector_id, t.word, t.receipts, :now FROM unnest(CAST(:words AS text[]), CAST(:counts AS bigint[])) AS t(word, receipts)
ON CONFLICT (connector_id, word) DO UPDATE
    SET receipts = unknown_receipt_state.receipts + excluded.receipts, last_at = excluded.last_at
""")


async def note(tx: Tx, connector_id: int, words: Mapping[str, int], *, now: datetime) -> None:
    """Add to the counts of words."""
    ordered = sorted(words.items())
    parameters = {"words": texts(word for word, _ in ordered), "counts": ints(count for _, count in ordered)}
    await tx.execute(_NOTE, {"connector_id": connector_id, "now": now, **parameters})


async def unknown(tx: Tx) -> list[UnknownState]:
    """Return every word that came; there are few."""
    query = "SELECT connector_id, word, receipts, last_at FROM unknown_receipt_state ORDER BY connector_id, word"
    return [UnknownState(*row) for row in await tx.execute(query)]
