"""The SMS that each recipient of a campaign will read, row by row."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.runtime import links
from smsflow.services.campaigns import draft, preview
from smsflow.web.console.shell.results import REASONS
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_LARGEST = 2**62


class CampaignPreview:
    """`/app/campaigns/{id}/preview?place=N`: the recipient at a place, the one with the longest SMS where none is asked for."""

    access = Right.SEE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the row."""
        company = visitor.company
        if company is None:
            raise falcon.HTTPNotFound
        place = req.get_param_as_int("place", default=0, min_value=0, max_value=_LARGEST)
        ways_out = links(self._shell.platform.settings)
        try:
            async with self._shell.reading() as tx:
                found = await draft.show(tx, company.id, campaign_id)
                longest = await preview.longest(tx, company, found, links=ways_out)
                seen = await preview.row(tx, company, found, place, links=ways_out) if place else longest
                if seen is None and found.last_place:
                    seen = await preview.row(tx, company, found, min(max(place, 1), found.last_place), links=ways_out)
        except NotFound:
            raise falcon.HTTPNotFound from None
        if seen is None:
            raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}")
        sender = company.sender(found.sender)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/campaigns/preview.html",
            campaign=found,
            seen=seen,
            longest=longest,
            reasons=REASONS,
            sender_name=sender.name if sender else found.sender or "",
        )

    on_head = on_get
