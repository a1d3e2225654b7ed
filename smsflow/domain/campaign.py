"""A campaign's states, and the one table of what may be done in which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from smsflow.errors import StateRefused

STATES: Final = ("draft", "prepared", "approval", "scheduled", "running", "paused", "finished", "cancelled")

# From which states each act is allowed. Any other is refused and changes nothing.
ACTS: Final[dict[str, frozenset[str]]] = {
    # A scheduled one gives its reserve back, and its approval with it.
    "edit": frozenset({"draft", "prepared", "approval", "scheduled"}),
    "prepare": frozenset({"draft", "prepared"}),
    "submit": frozenset({"prepared"}),
    "approve": frozenset({"approval"}),
    "send back": frozenset({"approval"}),
    "launch": frozenset({"prepared"}),
    "pause": frozenset({"scheduled", "running"}),
    "resume": frozenset({"paused"}),
    "cancel": frozenset({"draft", "prepared", "approval", "scheduled", "running", "paused"}),
    "adjust": frozenset({"scheduled", "running", "paused"}),
    "test": frozenset({"draft", "prepared", "approval", "scheduled", "running", "paused"}),
    "retry": frozenset({"finished", "cancelled"}),
}


def check(state: str, act: str) -> None:
    """Raise StateRefused where a campaign in this state does not allow the act."""
    if state not in ACTS[act]:
        allowed = [known for known in STATES if known in ACTS[act]]
        raise StateRefused(what="campaign", state=state, act=act, allowed=" or ".join(allowed))


# The final SMS that a campaign is judged by: with fewer it goes on until so many have failed all the same.
JUDGED = 500
# In how many steps these move on.
_STEPS = 10


@dataclass(frozen=True, slots=True)
class Ends:
    """How many SMS of a campaign are final by news of their operator, and how many of them failed."""

    final: int = 0
    failed: int = 0

    def __sub__(self, former: "Ends") -> "Ends":
        """Return what came since then."""
        return Ends(self.final - former.final, self.failed - former.failed)


def slid(marks: Sequence[Ends], ends: Ends) -> list[Ends]:
    """Return where the SMS that a campaign is judged by may begin, the oldest first: as many as it takes to have `JUDGED` since the first."""
    kept = list(marks)
    if not kept or ends.final - kept[-1].final >= JUDGED // _STEPS:
        kept.append(ends)
    while len(kept) > 1 and ends.final - kept[1].final >= JUDGED:
        kept.pop(0)
    return kept


def fails_too_often(last: Ends, *, most: float) -> bool:
    """Tell whether a campaign pauses by itself: more than the share `most` of its last final SMS failed."""
    return last.failed > max(last.final, JUDGED) * most
