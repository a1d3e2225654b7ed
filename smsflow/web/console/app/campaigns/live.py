"""A launched campaign in figures: its bar, its curve, its operators and why its SMS fail."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from markupsafe import Markup

from smsflow.domain.message import PRESUMED
from smsflow.domain.schedule import ALWAYS
from smsflow.services.campaigns import failures, progress, result
from smsflow.services.campaigns.cost import Cost
from smsflow.services.campaigns.draft import Campaign
from smsflow.services.campaigns.failures import Why
from smsflow.services.campaigns.hours import Allowed
from smsflow.services.campaigns.result import Result
from smsflow.services.messages.tallies import Figures
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell import pictures
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.results import failure

_OVER: Final = frozenset({"finished", "cancelled"})
_LABELS: Final = 4
# An end that is further away is no end that anybody waits for at the page.
_FARTHEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """Where the recipients of a campaign, or of one operator, stand; the parts add up to the total."""

    total: int
    delivered: int
    awaited: int
    failed: int
    refused: int
    cancelled: int
    ahead: int

    @property
    def handed(self) -> int:
        """The SMS that operators were asked to take."""
        return self.delivered + self.awaited + self.failed


def standing(campaign: Campaign, found: Result) -> CampaignFigures:
    """Return where the recipients of a campaign stand."""
    awaited, failed = found.sent + found.unknown, found.failed + found.expired
    handed = found.delivered + awaited + failed
    left = campaign.last_place - found.accepted - campaign.refused
    never = left if campaign.state in _OVER else 0
    waiting = found.accepted - handed - found.cancelled
    return CampaignFigures(
        campaign.last_place,
        found.delivered,
        awaited,
        failed,
        campaign.refused,
        found.cancelled + never,
        max(0, waiting + left - never),
    )


def _of_operator(figures: Figures, planned: int) -> CampaignFigures:
    awaited, failed = figures.sent + figures.unknown, figures.failed + figures.expired
    rest = max(0, planned - figures.delivered - awaited - failed - figures.cancelled)
    return CampaignFigures(
        max(planned, figures.accepted), figures.delivered, awaited, failed, 0, figures.cancelled, rest
    )


def _bar(locale: Locale, name: str, at: CampaignFigures) -> Markup:
    said = locale.gettext(
        "{delivered} delivered, {awaited} awaiting a receipt, {failed} failed, {ahead} to come",
        delivered=at.delivered,
        awaited=at.awaited,
        failed=at.failed,
        ahead=at.ahead,
    )
    return pictures.bar(name, said, [("good", at.delivered), ("wait", at.awaited), ("bad", at.failed)], at.total)


async def live(
    tx: Tx,
    campaign: Campaign,
    cost: Cost,
    names: Mapping[int, str],
    locale: Locale,
    *,
    allowed: Allowed | None,
    now: datetime,
) -> dict[str, Any]:
    """Return what the page of a launched campaign shows; its end is within the hours that are `allowed`."""
    found = await result.result(tx, campaign.company_id, campaign.id)
    within = allowed.hours if allowed else ALWAYS
    going = await progress.progress(tx, campaign, hours=within, timezone=locale.timezone, now=now)
    failing = await failures.kept(tx, campaign.company_id, campaign.id)
    at = standing(campaign, found)
    planned = {names.get(share.connector_id, str(share.connector_id)): share.recipients for share in cost.shares}
    left = {one.operator: one.figures for one in found.by_operator}
    operators = [
        (name, _bar(locale, name, its), its)
        for name in dict.fromkeys([*planned, *left])
        for its in (_of_operator(left.get(name, Figures()), planned.get(name, 0)),)
    ]
    return {
        "figures": found,
        "at": at,
        "bar": _bar(locale, campaign.name, at),
        "operators": operators,
        "curve": _curve(going.curve, locale),
        "points": [(_moment(locale, moment, going.curve.step), n) for moment, n in going.curve.points],
        "by_minute": going.curve.step < timedelta(hours=1),
        "speed": _speed(going, locale, now),
        "whys": None if failing is None else in_words(failing),
    }


def in_words(failing: Sequence[Why]) -> Counter[tuple[str, str]]:
    """Return how many failed for each reason in words, with what follows from it: operators have several words for one."""
    whys: Counter[tuple[str, str]] = Counter()
    for why in failing:
        whys[failure(why.reason), _follows(why)] += why.recipients
    return Counter(dict(whys.most_common()))


def _follows(why: Why) -> str:
    if why.reason == PRESUMED:
        return gettext("It may have arrived: not sent again")
    return gettext("Temporary: can be sent again") if why.passes else gettext("Permanent: to correct or to remove")


def _curve(curve: progress.Curve, locale: Locale) -> dict[str, Any] | None:
    if len(curve.points) < 2:
        return None
    values = [n for _, n in curve.points]
    peak = max(range(len(values)), key=values.__getitem__)
    said = locale.gettext(
        "{n} SMS accepted from {first} to {last}, at most {most} at {peak}",
        n=sum(values),
        first=locale.time(curve.points[0].at),
        last=locale.time(curve.points[-1].at),
        most=values[peak],
        peak=locale.time(curve.points[peak].at),
    )
    title = (
        locale.gettext("SMS accepted by minute")
        if curve.step < timedelta(hours=1)
        else locale.gettext("SMS accepted by hour")
    )
    steps = sorted({round(n * (len(values) - 1) / (_LABELS - 1)) for n in range(_LABELS)})
    return {
        "title": title,
        "picture": pictures.line(title, said, values),
        "scale": pictures.ticks(max(values)),
        "labels": [_moment(locale, curve.points[place].at, curve.step) for place in steps],
    }


def _moment(locale: Locale, moment: datetime, step: timedelta) -> str:
    local = locale.local(moment)
    return local.strftime("%H:%M") if step < timedelta(hours=1) else local.strftime("%d/%m %H:%M")


def _speed(going: progress.Progress, locale: Locale, now: datetime) -> str:
    """Say how fast a campaign is and when it ends at this speed; nothing where that is unknown."""
    if going.per_second is None:
        return ""
    if going.per_second >= 1:
        speed = locale.gettext("{n} a second", n=round(going.per_second))
    else:
        speed = locale.gettext("{n} a minute", n=round(going.per_second * 60))
    if going.ends_at is None or going.ends_at - now > _FARTHEST:
        return speed
    end = locale.local(going.ends_at)
    is_today = end.date() == locale.local(now).date()
    return locale.gettext(
        "{speed}, done around {time}", speed=speed, time=end.strftime("%H:%M") if is_today else locale.time(end)
    )
