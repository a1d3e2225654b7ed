"""A campaign's states, and the one table of what may be done in which."""

from typing import Final

from smsflow.errors import StateRefused

STATES: Final = ("draft", "prepared", "approval", "scheduled", "running", "paused", "finished", "cancelled")

# From which states each act is allowed. What is not here is refused and changes nothing.
ACTS: Final[dict[str, frozenset[str]]] = {
    "edit": frozenset({"draft", "prepared", "approval"}),
    "prepare": frozenset({"draft", "prepared"}),
    "submit": frozenset({"prepared"}),
    "send back": frozenset({"approval"}),
    "launch": frozenset({"prepared", "approval"}),
    "pause": frozenset({"scheduled", "running"}),
    "resume": frozenset({"paused"}),
    "cancel": frozenset({"draft", "prepared", "approval", "scheduled", "running", "paused"}),
    "retry": frozenset({"finished", "cancelled"}),
}


def check(state: str, act: str) -> None:
    """Raise StateRefused where a campaign in this state does not allow the act."""
    if state not in ACTS[act]:
        raise StateRefused(state=state, act=act)
