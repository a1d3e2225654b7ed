"""Search: a number, an SMS id, a campaign or a contact."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.message import internal_id, public_id
from smsflow.services import searching
from smsflow.services.searching import Found
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_MOST = 10
_LONGEST = 100


class Search:
    """`/app/search?q=`."""

    access = Right.SEE_MESSAGES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show what was found; an SMS id leads to its message."""
        wanted = (req.get_param("q") or "").replace("\x00", "").strip()[:_LONGEST]
        found_id = internal_id(wanted)
        if found_id is not None:
            raise falcon.HTTPSeeOther(f"/app/messages/{public_id(found_id)}")
        found = Found((), (), ())
        if wanted and visitor.company is not None:
            async with self._shell.reading() as tx:
                found = await searching.search(
                    tx,
                    visitor.company,
                    wanted,
                    contacts_too=visitor.may(Right.SEE_CONTACTS),
                    campaigns_too=visitor.may(Right.SEE_CAMPAIGNS),
                    limit=_MOST,
                )
        await self._shell.show(
            req, resp, visitor, "app/search/page.html", wanted=wanted, found=found, public_id=public_id
        )

    on_head = on_get
