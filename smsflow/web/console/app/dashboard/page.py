"""The dashboard: credits, campaigns that run or come next, and what needs attention."""

from typing import Final

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services import credits
from smsflow.services.campaigns import draft
from smsflow.web.console.app.dashboard.attention import attention
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

# Of as many of the last campaigns those that run or come next are shown.
_LOOKED_AT = 100
_SHOWN = 8

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
        async with self._shell.reading() as tx:
            standing = await credits.standing(tx, visitor.company_id)
            last = await draft.latest(tx, visitor.company_id, limit=_LOOKED_AT) if sees_campaigns else []
        campaigns = sorted((c for c in last if c.state in STATES), key=lambda c: _ORDER.index(c.state))
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/dashboard/page.html",
            standing=standing,
            sees_balance=visitor.may(Right.SEE_BALANCE),
            sees_campaigns=sees_campaigns,
            running=sum(c.state == "running" for c in campaigns),
            campaigns=campaigns[:_SHOWN],
            attention=attention(visitor, standing, campaigns),
            states=STATES,
        )

    on_head = on_get
