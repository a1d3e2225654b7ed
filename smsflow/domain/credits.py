"""The decision whether a company can pay: made message by message, under the company's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.message import NewMessage
from smsflow.errors import AccountSuspended, NotEnoughCredits, Refused, TooManyRequests


@dataclass(frozen=True, slots=True)
class Budget:
    """The means of a company at this moment: credits, and room under its send rate (a token bucket of one second)."""

    balance: int
    suspended: bool = False
    send_rate: int | None = None
    rate_left: float = 0.0
    rate_at: datetime | None = None
    opted_out_of_all: bool = False
    """Somebody gets nothing of this company but codes."""


def refill(budget: Budget, now: datetime) -> float:
    """Return how many messages the send rate allows now: at most one second's worth, or infinity without a rate."""
    if budget.send_rate is None:
        return float("inf")
    waited = 0.0 if budget.rate_at is None else max(0.0, (now - budget.rate_at).total_seconds())
    return min(float(budget.send_rate), budget.rate_left + waited * budget.send_rate)


def decide(budget: Budget, messages: Sequence[NewMessage], *, now: datetime) -> tuple[list[Refused | None], float]:
    """Return why each message is refused (None: it is paid for), and the room that is left under the send rate.

    A refusal is that message's alone: a short one after a long one that was too dear still goes.
    """
    balance = budget.balance
    room = refill(budget, now)
    verdicts: list[Refused | None] = []
    for m in messages:
        if budget.suspended:
            verdicts.append(AccountSuspended())
        elif m.segments > balance:
            verdicts.append(NotEnoughCredits(needed=m.segments, balance=balance))
        elif room < 1:
            verdicts.append(TooManyRequests(retry_after=1))
        else:
            balance -= m.segments
            room -= 1
            verdicts.append(None)
    return verdicts, room


def days_left(available: int, spent: int, *, days: int) -> int | None:
    """Return for how many days the credits last at the pace of the last `days`, in which `spent` were; None when none were."""
    return available * days // spent if spent > 0 else None
