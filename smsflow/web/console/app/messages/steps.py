"""A message's timeline in the reader's words."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.optout import OPTED_OUT
from smsflow.services.messages.timeline import Event, Happening, MessageTimeline
from smsflow.web.console.app.messages.words import HAPPENINGS, meaning
from smsflow.web.console.shell.locale import Locale, own

_WITH_REASON: frozenset[Happening] = frozenset({"refused", "failed", "expired", "receipt"})


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A line of the timeline; `operator` is what the operator wrote, and `means` what that means."""

    at: datetime | None
    title: str
    tone: str
    text: str
    operator: str = ""
    means: str = ""


def steps(found: MessageTimeline, locale: Locale) -> list[ShownStep]:
    """Return what happened, in its order; an operator's words stand at the last step that they explain."""
    reasons = [place for place, event in enumerate(found.timeline) if event.event in _WITH_REASON]
    explained = reasons[-1] if reasons and found.message.error else None
    return [_step(found, event, locale, explains=place == explained) for place, event in enumerate(found.timeline)]


def _step(found: MessageTimeline, event: Event, locale: Locale, *, explains: bool) -> ShownStep:
    word, tone = HAPPENINGS[event.event]
    error = found.message.error or ""
    means = meaning(error) if explains else None
    return ShownStep(
        event.at,
        locale.gettext(word),
        tone,
        _text(found, event.event, locale),
        error if explains else "",
        locale.gettext(means) if means else "",
    )


def _text(found: MessageTimeline, happening: Happening, locale: Locale) -> str:
    m = found.message
    match happening:
        case "charged" if m.free:
            return locale.gettext("Nothing: it answers an SMS.")
        case "charged":
            return locale.ngettext("{n} credit", "{n} credits", m.segments)
        case "refunded":
            return locale.ngettext("{n} credit", "{n} credits", m.segments - m.charged)
        case "planned":
            return locale.gettext("To leave at {when}.", when=locale.time(m.planned_at))
        case "routed":
            return locale.gettext("By {connector}.", connector=own(m.connector or str(m.connector_id)))
        case "sent":
            references = ", ".join(part.reference for part in found.parts)
            return locale.gettext("Accepted there as {references}.", references=references) if references else ""
        case "held" if m.suspended:
            return locale.gettext("Your company is suspended.")
        case "held":
            return locale.gettext("Its campaign is paused.")
        case "unknown":
            return locale.gettext("It may have left. A late receipt can settle it.")
        case "cancelled" if m.error == OPTED_OUT:
            return locale.gettext("The recipient has opted out.")
        case "expired":
            return locale.gettext("Its validity ended at {when}.", when=locale.time(m.valid_until))
        case _:
            return ""
