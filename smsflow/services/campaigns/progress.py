"""How a campaign is getting on: its curve, its speed and its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsflow.domain import schedule
from smsflow.domain.schedule import ALWAYS, Hours
from smsflow.services.campaigns.draft import Campaign
from smsflow.services.messages import tallies
from smsflow.store.campaigns import minutes
from smsflow.store.campaigns.minutes import AcceptedAt
from smsflow.store.postgres.transactions import Tx

# A curve by the minute up to three hours, then by the hour.
_MOST_MINUTES = 180
_MOST_HOURS = 24 * 7
_SPEED_OVER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Curve:
    """SMS accepted in each step of time from the first to the last one, those with none included; while a campaign runs, the whole ones."""

    step: timedelta
    points: Sequence[AcceptedAt]


@dataclass(frozen=True, slots=True)
class Progress:
    """The curve, the present speed in SMS a second, and when the last one is accepted at this speed; None: unknown."""

    curve: Curve
    per_second: float | None
    ends_at: datetime | None


async def progress(
    tx: Tx, campaign: Campaign, *, hours: Hours = ALWAYS, timezone: str = "UTC", now: datetime
) -> Progress:
    """Return how a campaign is getting on that may write within these hours of a time zone."""
    last = await minutes.last(tx, campaign.company_id, campaign.id, limit=_MOST_MINUTES + 1)
    speed = ends_at = None
    recent = [one for one in last if one.at > now - _SPEED_OVER]
    if campaign.state == "running" and recent:
        span = max((now - recent[0].at).total_seconds(), 1.0)
        speed = sum(one.accepted for one in recent) / span
        left = campaign.last_place - campaign.place
        ends_at = schedule.ends_at(hours, timezone, waiting=left, per_second=speed, now=now)
    before = now if campaign.state == "running" else None
    if last and last[-1].at - last[0].at < timedelta(minutes=_MOST_MINUTES):
        curve = _filled(last, timedelta(minutes=1), before=before)
    else:
        by_hour = await tallies.by_hour(tx, campaign.company_id, campaign.id)
        known = [AcceptedAt(hour, its.accepted) for hour, its in by_hour.items()]
        curve = _filled(known[-_MOST_HOURS:], timedelta(hours=1), before=before)
    return Progress(curve, speed, ends_at)


def _filled(points: Sequence[AcceptedAt], step: timedelta, *, before: datetime | None) -> Curve:
    """Return the curve of these points; a step that has not ended `before` this time would look like a fall."""
    if not points:
        return Curve(step, ())
    known, first, last = dict(points), points[0].at, points[-1].at
    if before is not None and last + step > before:
        last -= step
    count = min(int((last - first) / step) + 1, max(_MOST_MINUTES, _MOST_HOURS))
    moments = [first + step * n for n in range(count)]
    return Curve(step, [AcceptedAt(moment, known.get(moment, 0)) for moment in moments])
