"""The dashboard: credits, what became of the SMS of today and of thirty days, campaigns, and what needs attention."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.credits import days_left
from smsflow.services import credits
from smsflow.services.campaigns import draft
from smsflow.services.contacts import importing
from smsflow.services.messages import tallies
from smsflow.web.console.app.dashboard.attention import Situation, attention
from smsflow.web.console.app.dashboard.traffic import TrafficOfDays, traffic
from smsflow.web.console.shell import pictures
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.pictures import DAYS, Series
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

# Of as many of the last campaigns those that run or come next are shown.
_LOOKED_AT = 100
_SHOWN = 6
_IMPORTS = 20

# state → (word, tone of its badge), in the order in which they are shown.
STATES: Final = {
    "running": (gettext("Running"), "info"),
    "paused": (gettext("Paused"), "warn"),
    "approval": (gettext("To approve"), "warn"),
    "scheduled": (gettext("Scheduled"), "info"),
}
_ORDER = list(STATES)


class Dashboard:
    """`/app`."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        sees_campaigns = visitor.may(Right.SEE_CAMPAIGNS)
        names = {c.id: c.name for c in (await self._shell.platform.directory.routing()).connectors}
        zone = ZoneInfo(visitor.locale.timezone)
        today = self._shell.clock().astimezone(zone).date()
        since = datetime.combine(today - timedelta(days=DAYS - 1), time(), zone)
        async with self._shell.reading() as tx:
            standing = await credits.standing(tx, visitor.company_id)
            kept = await tallies.by_day(tx, visitor.company_id, since=since, timezone=visitor.locale.timezone)
            last = await draft.latest(tx, visitor.company_id, limit=_LOOKED_AT) if sees_campaigns else []
            sees_imports = visitor.may(Right.SEE_CONTACTS)
            imports = await importing.latest(tx, visitor.company_id, limit=_IMPORTS) if sees_imports else []
        seen = traffic(kept, names, today=today)
        days = days_left(standing.available, seen.spent, days=DAYS)
        campaigns = sorted((c for c in last if c.state in STATES), key=lambda c: _ORDER.index(c.state))
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/dashboard/page.html",
            standing=standing,
            days=days,
            traffic=seen,
            chart=_chart(visitor.locale, seen),
            bars=_bars(visitor.locale, seen),
            sees_balance=visitor.may(Right.SEE_BALANCE),
            sees_campaigns=sees_campaigns,
            campaigns=campaigns[:_SHOWN],
            attention=attention(visitor, Situation(standing, days, seen.today, campaigns, imports)),
            states=STATES,
        )

    on_head = on_get


def _chart(locale: Locale, seen: TrafficOfDays) -> dict[str, Any]:
    """Return the picture of the thirty days, stacked by outcome, with its scale and the days that are named."""
    outcomes = list(seen.days.values())
    return pictures.by_day(
        locale.gettext("SMS of the last 30 days"),
        locale.gettext(
            "{sent} sent: {delivered} delivered, {awaited} awaiting a receipt, {failed} failed. The table below has each day.",
            sent=seen.month.sent,
            delivered=seen.month.delivered,
            awaited=seen.month.awaited,
            failed=seen.month.failed,
        ),
        [
            Series("delivered", "good", [o.delivered for o in outcomes]),
            Series("awaited", "wait", [o.awaited for o in outcomes]),
            Series("failed", "bad", [o.failed for o in outcomes]),
        ],
        list(seen.days),
    )


def _bars(locale: Locale, seen: TrafficOfDays) -> list[dict[str, Any]]:
    """Return a bar for each operator; the longest is that of the busiest."""
    most = max((outcome.sent for _, outcome in seen.operators), default=0)
    return [
        {
            "name": name,
            "outcome": outcome,
            "picture": pictures.bar(
                name,
                locale.gettext("{part} of {whole} delivered", part=outcome.delivered, whole=outcome.sent),
                [("good", outcome.delivered), ("wait", outcome.awaited), ("bad", outcome.failed)],
                most,
            ),
        }
        for name, outcome in seen.operators
    ]
