"""The answer to a campaign that was submitted: approved, which launches it, or sent back with a reason."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import HoursNeverOpen, NotEnoughCredits, NotFound, OwnCampaign, StateRefused, StopMissing
from smsflow.runtime import mail
from smsflow.services import audit
from smsflow.services.campaigns import approval, letters
from smsflow.web.console.app.campaigns.showing import refusal, show
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


class CampaignReview:
    """`/app/campaigns/{id}/review`."""

    access = Right.APPROVE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the campaign."""
        await show(self._shell, req, resp, visitor, campaign_id, filled=await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Approve it or send it back."""
        filled, now, reviewer = await self._shell.form(req, visitor), self._shell.clock(), visitor.person.username
        act, address = filled["act"], f"/app/campaigns/{campaign_id}"
        if act not in {"approve", "send-back"}:
            raise falcon.HTTPNotFound
        if act == "send-back" and not 0 < len(filled["reason"]) <= approval.LONGEST_REASON:
            _ = visitor.locale.gettext
            filled.wrong("reason", _("Say in 1 to {most} characters what has to change.", most=approval.LONGEST_REASON))
        try:
            if filled.ok:
                async with self._shell.act(visitor, filled, f"{address}?done={act}") as doing:
                    if act == "approve":
                        await approval.approve(doing.tx, visitor.company_id, campaign_id, reviewer=reviewer, now=now)
                        recorded, after = "campaign approved", None
                    else:
                        reason = filled["reason"]
                        await approval.send_back(
                            doing.tx, visitor.company_id, campaign_id, reason=reason, reviewer=reviewer, now=now
                        )
                        recorded, after = "campaign sent back", {"reason": reason}
                    if visitor.company is not None:
                        await letters.answer(
                            doing.tx,
                            visitor.company,
                            campaign_id,
                            reviewer=visitor.person.name,
                            reason=None if act == "approve" else filled["reason"],
                            mail=mail(self._shell.platform),
                            now=now,
                        )
                    await audit.record(doing.tx, visitor.actor, recorded, str(campaign_id), after=after, now=now)
        except NotFound:
            raise falcon.HTTPNotFound from None
        except (StateRefused, OwnCampaign, NotEnoughCredits, StopMissing, HoursNeverOpen) as refused:
            filled.wrong("act", refusal(visitor, refused))
        await show(self._shell, req, resp, visitor, campaign_id, filled=filled)
