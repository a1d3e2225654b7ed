"""The proof that the money adds up."""

from dataclasses import dataclass

from smsflow.store.credits import ledger
from smsflow.store.credits.ledger import Broken
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class Proof:
    """The rows that were checked, by kind, and every invariant that does not hold."""

    checked: dict[str, int]
    broken: tuple[Broken, ...]

    @property
    def holds(self) -> bool:
        """Tell whether every invariant holds."""
        return not self.broken


async def prove(tx: Tx) -> Proof:
    """Recompute every balance and every charge from the rows (reads whole tables)."""
    broken = await ledger.check(tx)
    return Proof(await ledger.totals(tx), tuple(broken))
