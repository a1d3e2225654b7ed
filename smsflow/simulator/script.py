"""The behaviour of a simulated operator, and its decision about one submission."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from smsflow.simulator.misbehaviour import FAULTS
from smsflow.smpp import spec

Receipts = Literal["normal", "none", "early", "duplicate", "late"]
Ids = Literal["decimal", "hex", "base62"]

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "receipts": ("normal", "none", "early", "duplicate", "late"),
    "ids": ("decimal", "hex", "base62"),
    "receipt_ids": ("same", "other"),
}
_COUNTS: Final = (
    "refuse_every",
    "lose_every",
    "lose_response_every",
    "disconnect_every",
    "stray_every",
    "refuse_status",
    "misbehave_every",
)
_SECONDS: Final = ("latency", "receipt_delay", "late_by", "late_error_after", "reply_delay")


@dataclass(slots=True)
class Script:
    """The behaviour of an operator; every field can change while it runs. `*_every` of 0 means never."""

    latency: float = 0.0
    """Seconds between a submission and its response."""
    receipt_delay: float = 0.0
    """Seconds between a response and its receipt."""
    receipts: Receipts = "normal"
    """none: never; early: before the response; duplicate: twice; late: after late_by more seconds."""
    late_by: float = 5.0
    refuse: list[tuple[str, int]] = field(default_factory=list)
    """(pattern of destinations, status); the first that matches refuses."""
    throttle_rate: float | None = None
    """Submissions per second beyond which the answer is ESME_RTHROTTLED."""
    refuse_every: int = 0
    refuse_status: int = spec.ESME_RSYSERR
    lose_every: int = 0
    """Lose the N-th submission without an answer: it reaches no handset."""
    lose_response_every: int = 0
    """Accept the N-th submission without an answer."""
    disconnect_every: int = 0
    """Accept the N-th submission and cut the connection instead of answering."""
    ids: Ids = "decimal"
    """base62: every two ids differ in nothing but case."""
    receipt_ids: Literal["same", "other"] = "same"
    """other: receipts have the id in the other base than the response had."""
    receipt_tlvs: bool = True
    """Receipts carry receipted_message_id and message_state beside their text."""
    receipt_states: list[tuple[str, str]] = field(default_factory=list)
    """(pattern of destinations, final state and perhaps its err: `UNDELIV 027`); DELIVRD when none matches."""
    replies: list[tuple[str, str]] = field(default_factory=list)
    """(pattern of destinations, text): a handset answers its first SMS."""
    replies_to: str = ""
    """The number that handsets answer to; empty: the sender of the SMS."""
    reply_delay: float = 5.0
    """Seconds between an SMS and the handset's answer."""
    passwords: dict[str, str] | None = None
    """system_id → password; None accepts everybody."""
    stray_every: int = 0
    """After every N-th submission send a receipt for an unknown id."""
    misbehave: list[str] = field(default_factory=list)
    """Faults of misbehaviour.FAULTS, or `all`: each N-th submission has the next of them."""
    misbehave_every: int = 5
    late_error_after: float = 35.0
    """Seconds before a late-error: more than a client waits."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Return the names of the faults, `all` written out."""
        return tuple(FAULTS) if "all" in self.misbehave else tuple(self.misbehave)

    def refusal(self, destination: str) -> int:
        """Return the status that refuses this destination, 0 when nothing does."""
        return next((status for pattern, status in self.refuse if re.search(pattern, destination)), 0)

    def final_state(self, destination: str) -> str:
        """Return the state in the receipt of this destination."""
        return next((state for pattern, state in self.receipt_states if re.search(pattern, destination)), "DELIVRD")

    def reply(self, destination: str) -> str:
        """Return what this handset answers, empty when it does not."""
        return next((text for pattern, text in self.replies if re.search(pattern, destination)), "")

    def change(self, changes: Mapping[str, Any]) -> None:
        """Take new values by field name; raise ValueError, with nothing changed, when one has the wrong form."""
        known = {each.name for each in fields(self)}
        checked = {}
        for name, value in changes.items():
            if name not in known:
                message = f"the script has no field {name}"
                raise ValueError(message)
            checked[name] = _checked(name, value)
        for name, value in checked.items():
            setattr(self, name, value)


def every(count: int, interval: int) -> bool:
    """Return whether the `count`-th of something is one in `interval`."""
    return interval > 0 and count % interval == 0


def _checked(name: str, value: Any) -> Any:
    """Return a value that came from outside in the form of its field."""
    expected = ""
    if name in _WORDS:
        expected = "" if value in _WORDS[name] else f"one of {', '.join(_WORDS[name])}"
    elif name in _COUNTS:
        expected = "" if isinstance(value, int) and value >= 0 else "a whole number from 0"
    elif name in _SECONDS:
        expected = "" if isinstance(value, int | float) and value >= 0 else "a number of seconds"
    elif name == "throttle_rate":
        expected = "" if value is None or (isinstance(value, int | float) and value > 0) else "a rate above 0, or null"
    elif name == "misbehave":
        known = isinstance(value, list) and all(fault == "all" or fault in FAULTS for fault in value)
        expected = "" if known else f"a list of {', '.join(FAULTS)}, or all"
    elif name == "receipt_tlvs":
        expected = "" if isinstance(value, bool) else "true or false"
    elif name == "replies_to":
        expected = "" if isinstance(value, str) else "a number, or empty"
    elif name == "passwords":
        expected = "" if value is None or isinstance(value, dict) else "an object of passwords by system_id, or null"
    else:
        return _checked_patterns(name, value)
    if expected:
        message = f"{name} must be {expected}"
        raise ValueError(message)
    return value


def _checked_patterns(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return a list of (pattern, answer); raise ValueError when it is not one."""
    answer = int if name == "refuse" else str
    try:
        pairs = [(re.compile(pattern).pattern, reply) for pattern, reply in value]
        well_formed = all(isinstance(reply, answer) for _, reply in pairs)
    except (TypeError, ValueError, re.error):
        well_formed = False
    if not well_formed:
        message = f"{name} must be a list of [pattern, {answer.__name__}]"
        raise ValueError(message)
    return pairs
