"""Writing again to those whose SMS failed for a reason that may pass: the split first, then a draft."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.message import PRESUMED
from smsflow.errors import NotFound, StateRefused
from smsflow.services import audit
from smsflow.services.campaigns import again, approval, draft
from smsflow.services.campaigns.again import FailedFor
from smsflow.web.console.app.campaigns.counting import prepared
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.results import failure
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


def _answer(failed: FailedFor) -> str:
    """Say whether those whose SMS failed for this reason are written to again."""
    if failed.reason == PRESUMED:
        return gettext("No, it may have arrived")
    return gettext("Yes, it may pass") if failed.again else gettext("No, it is permanent")


class CampaignAgain:
    """`/app/campaigns/{id}/again`."""

    access = Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show how many failed, why, and how many of them are written to again."""
        try:
            async with self._shell.reading() as tx:
                found = await draft.show(tx, visitor.company_id, campaign_id)
                split = await again.split(tx, visitor.company_id, campaign_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        except StateRefused:
            raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}") from None
        await self._shell.show(
            req, resp, visitor, "app/campaigns/again.html", campaign=found, split=split, failure=failure, answer=_answer
        )

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Draft the campaign and count what it costs; nothing leaves before it is launched."""
        del resp
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        address = f"/app/campaigns/{campaign_id}"
        try:
            async with self._shell.act(visitor, filled, address) as act:
                made = await again.retry(act.tx, visitor.company_id, campaign_id, now=now)
                await approval.note_author(act.tx, visitor.company_id, made, visitor.person.username)
                await prepared(self._shell, act.tx, visitor, made)
                await audit.record(act.tx, visitor.actor, "campaign written again", str(made), now=now)
                act.location = f"/app/campaigns/{made}"
        except NotFound as missing:
            if missing.details["what"] == "campaign":
                raise falcon.HTTPNotFound from None
            raise falcon.HTTPSeeOther(f"{address}/again") from None
        except StateRefused:
            raise falcon.HTTPSeeOther(address) from None
