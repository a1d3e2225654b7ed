"""A message's timeline, derived from what is stored of it: nothing is written for it while the message is on its way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from smsflow.domain.message import Status, internal_id
from smsflow.errors import NotFound
from smsflow.smpp.meanings import meaning
from smsflow.store.messages import history
from smsflow.store.postgres.transactions import Tx

Stored = history.Stored
Wanted = history.Wanted
Searched = history.Searched

Happening = Literal[
    "accepted", "charged", "planned", "routed", "waiting", "held", "claimed", "requeued", "sent", "unknown", "receipt",
    "refused", "delivered", "failed", "expired", "cancelled", "refunded",
]  # fmt: skip

# How an SMS that was sent can end by a receipt alone.
_BY_RECEIPT = frozenset({Status.DELIVERED, Status.FAILED})
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a message, or is the case now (`at` is None)."""

    at: datetime | None
    event: Happening
    says: str


@dataclass(frozen=True, slots=True)
class MessageTimeline:
    """A message, its timeline, and what its operator said in words."""

    message: Stored
    meaning: str | None
    parts: tuple[history.Part, ...]
    timeline: tuple[Event, ...]


async def follow(tx: Tx, public_id: str, *, company_id: int | None = None) -> MessageTimeline:
    """Return what happened to the message of that public id; raise NotFound when there is none, or none of the company given."""
    message_id = internal_id(public_id)
    message = None if message_id is None else await history.message(tx, message_id)
    if message is None or company_id not in (None, message.company_id):
        raise NotFound(what="sms", id=public_id)
    parts = await history.parts(tx, message.company_id, message.id)
    waiting = await history.waiting(tx, message.id)
    unsettled = await history.unsettled(tx, message.id)
    words = None if message.error is None else meaning(message.error)
    return MessageTimeline(message, words, tuple(parts), derive(message, parts, waiting, unsettled))


async def search(tx: Tx, wanted: Wanted, *, limit: int, within: int) -> Searched:
    """Return up to `limit` messages out of the newest `within` ones (reads no more rows than that)."""
    return await history.search(tx, wanted, limit=limit, within=within)


def derive(
    message: Stored,
    parts: Sequence[history.Part],
    waiting: history.PlaceInQueue | None,
    unsettled: history.Unsettled | None,
) -> tuple[Event, ...]:
    """Return what happened, in its order; the present state comes last."""
    events = [*_accepted(message), *_left(message, parts), *_ended(message, parts), *_open(message, waiting, unsettled)]
    return tuple(sorted(events, key=lambda e: e.at or _LAST))


def _accepted(message: Stored) -> Iterator[Event]:
    at = message.created_at
    yield Event(at, "accepted", f"{message.number} from {message.sender}, {_segments(message.segments)}")
    if message.free:
        yield Event(at, "charged", "nothing: it answers an SMS")
    else:
        yield Event(at, "charged", f"{message.segments} {_credits(message.segments)}")
    if message.planned_at is not None:
        yield Event(at, "planned", f"to leave at {_time(message.planned_at)}")
    yield Event(at, "routed", f"to {_connector(message.connector, message.connector_id)}")


def _left(message: Stored, parts: Sequence[history.Part]) -> Iterator[Event]:
    if message.sent_at is not None:
        known = ", ".join(part.reference for part in parts) or "without an id"
        operator = _connector(message.connector, message.connector_id)
        yield Event(message.sent_at, "sent", f"{operator} took it as {known}")


def _ended(message: Stored, parts: Sequence[history.Part]) -> Iterator[Event]:
    at = message.done_at
    reason = _reason(message.error)
    stated = ", ".join(f"part {p.number} of {p.total} {p.state.name.lower()}" for p in parts if p.state is not None)
    settled = message.sent_at is not None and message.status in _BY_RECEIPT
    if stated or settled:
        yield Event(at, "receipt", "; ".join(filter(None, [stated, reason])) or message.status.name.lower())
    if at is None:
        return
    match message.status:
        case Status.DELIVERED:
            yield Event(at, "delivered", "to the handset")
        case Status.FAILED if message.sent_at is None:
            yield Event(at, "refused", reason or "by the operator")
        case Status.FAILED:
            yield Event(at, "failed", reason or "the operator gives no reason")
        case Status.EXPIRED:
            yield Event(at, "expired", reason or f"its validity ended at {_time(message.valid_until)}")
        case Status.CANCELLED:
            yield Event(at, "cancelled", reason or "before it left")
        case Status.PLANNED | Status.RECEIVED | Status.SENT | Status.UNKNOWN:
            pass
    given_back = 0 if message.free else message.segments - message.charged
    if given_back > 0:
        yield Event(at, "refunded", f"{given_back} {_credits(given_back)}")


def _open(
    message: Stored, waiting: history.PlaceInQueue | None, unsettled: history.Unsettled | None
) -> Iterator[Event]:
    if unsettled is not None:
        then = (
            f"it is sent again at {_time(unsettled.resend_at)} unless a receipt comes"
            if unsettled.resend_at is not None
            else f"it is not sent again; a receipt settles it until {_time(unsettled.give_up_at)}"
        )
        yield Event(unsettled.since, "unknown", f"it may have left, and no answer came; {then}")
    if waiting is None:
        return
    by = _connector(waiting.connector, waiting.connector_id)
    if waiting.attempt and not waiting.claimed:
        yield Event(None, "requeued", f"after {waiting.attempt} {'try' if waiting.attempt == 1 else 'tries'}")
    if message.suspended:
        yield Event(None, "held", f"company {message.company_id} is suspended")
    elif waiting.held:
        yield Event(None, "held", "its campaign is paused")
    elif waiting.claimed:
        yield Event(None, "claimed", f"it is being sent by {by}")
    elif waiting.due_at is not None:
        yield Event(None, "waiting", f"for {_time(waiting.due_at)}, to leave by {by}")
    else:
        yield Event(None, "waiting", f"to leave by {by}")


def _reason(error: str | None) -> str:
    if error is None:
        return ""
    words = meaning(error)
    return error if words is None else f"{error}: {words}"


def _connector(name: str | None, connector_id: int) -> str:
    return name if name is not None else f"connector {connector_id}, which was removed"


def _segments(count: int) -> str:
    return f"{count} segment{'' if count == 1 else 's'}"


def _credits(count: int) -> str:
    return "credit" if count == 1 else "credits"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
