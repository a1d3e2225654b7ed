"""One list: who is in it, page by page, and its rules where it has some."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.services import audit
from smsflow.services.contacts import lists, optouts
from smsflow.web.console.app.lists import conditions
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50


class ListPage:
    """`/app/lists/{id}`."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, list_id: int) -> None:
        """Show the page."""
        after = req.get_param_as_int("after", default=0, min_value=0, max_value=2**62) or 0
        try:
            async with self._shell.reading() as tx:
                found = await lists.show_list(tx, visitor.company_id, list_id)
                members = await lists.page_of(tx, visitor.company_id, list_id, after=after, limit=_PAGE)
                scopes = await optouts.scopes(tx, visitor.company_id, [c.number for c in members.contacts])
        except NotFound:
            raise falcon.HTTPNotFound from None
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/lists/one.html",
            one=found,
            rules=conditions.sentences(found.rules or (), visitor.locale),
            members=members.contacts,
            scopes=scopes,
            older="" if members.after is None else f"/app/lists/{list_id}?after={members.after}",
            first=not after,
        )

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, list_id: int) -> None:
        """Count the list anew, or take a contact out of it."""
        filled, now, taken = await self._shell.form(req, visitor), self._shell.clock(), ""
        try:
            async with self._shell.act(visitor, filled, f"/app/lists/{list_id}?done=1") as act:
                found = await lists.show_list(act.tx, visitor.company_id, list_id)
                if found.rules is not None:
                    await lists.counted(act.tx, visitor.company_id, list_id, now=now)
                elif (taken := filled["out"]) and taken.isascii() and taken.isdigit() and len(taken) < 19:
                    await lists.take_out(act.tx, visitor.company_id, int(taken), list_id)
                    await audit.record(
                        act.tx, visitor.actor, "taken out of list", found.name, after={"contact": taken}, now=now
                    )
        except NotFound:
            raise falcon.HTTPNotFound from None
        del resp
