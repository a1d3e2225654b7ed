"""Another speed or other hours for a campaign that is launched."""

from dataclasses import replace

import falcon
import falcon.asgi

from smsflow.domain import campaign as rules
from smsflow.domain.access import Right
from smsflow.domain.schedule import Plan, hours_of
from smsflow.errors import HoursNeverOpen, NotFound, StateRefused
from smsflow.services import audit
from smsflow.services.campaigns import adjust, draft
from smsflow.services.campaigns.draft import Campaign
from smsflow.web.console.app.campaigns.words import HOURS_NEVER_OPEN, hours_text
from smsflow.web.console.app.campaigns.writing import check_pace, decimal
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


class CampaignPace:
    """`/app/campaigns/{id}/pace`."""

    access = Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the form."""
        found = await self._found(visitor, campaign_id)
        await self._show(req, resp, visitor, found, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Change both; they hold from the campaign's next turn on."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        found = await self._found(visitor, campaign_id)
        check_pace(filled, visitor)
        if filled.ok:
            hours = hours_of(filled["hours"] or "none")
            speed = filled["per_minute"]
            before = Plan.read(found.plan)
            wanted = replace(
                before,
                start=hours.start,
                end=hours.end,
                per_minute=int(speed) if speed else None,
                over_hours=decimal(filled["over_hours"]),
            )
            try:
                async with self._shell.act(visitor, filled, f"/app/campaigns/{campaign_id}?done=pace") as act:
                    await adjust.adjust(act.tx, visitor.company_id, campaign_id, wanted, now=now)
                    await audit.record(
                        act.tx,
                        visitor.actor,
                        "campaign adjusted",
                        str(campaign_id),
                        before=_recorded(before),
                        after=_recorded(wanted),
                        now=now,
                    )
            except HoursNeverOpen as never:
                filled.wrong("hours", visitor.locale.gettext(HOURS_NEVER_OPEN, **never.details))
            except StateRefused:
                raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}") from None
        await self._show(req, resp, visitor, found, filled)

    async def _found(self, visitor: Visitor, campaign_id: int) -> Campaign:
        """Return a campaign whose pace can be changed; lead to the page of another one."""
        try:
            async with self._shell.reading() as tx:
                found = await draft.show(tx, visitor.company_id, campaign_id)
            rules.check(found.state, "adjust")
        except NotFound:
            raise falcon.HTTPNotFound from None
        except StateRefused:
            raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}") from None
        return found

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign: Campaign, filled: Filled
    ) -> None:
        plan = Plan.read(campaign.plan)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/campaigns/pace.html",
            filled=filled,
            campaign=campaign,
            plan=plan,
            hours=hours_text(plan),
        )


def _recorded(plan: Plan) -> dict[str, object]:
    return {"per_minute": plan.per_minute, "over_hours": plan.over_hours, "hours": hours_text(plan) or None}
