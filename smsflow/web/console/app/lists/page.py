"""Lists: their names, how many contacts are in them, added and deleted."""

from typing import Final

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import AlreadyExists, NotFound
from smsflow.services import audit
from smsflow.services.contacts import lists
from smsflow.services.contacts.lists import ContactList
from smsflow.web.console.app.lists.conditions import LONGEST_NAME, named
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import Columns, asked_order
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_COLUMNS: Final[Columns[ContactList]] = {
    "name": lambda one: one.name,
    "contacts": lambda one: one.contacts,
}


class Lists:
    """`/app/lists`."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Add a list, or delete one; its contacts stay."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        if filled["delete"]:
            try:
                async with self._shell.act(visitor, filled, "/app/lists?done=1") as act:
                    await lists.delete_list(act.tx, visitor.company_id, filled["delete"])
                    await audit.record(act.tx, visitor.actor, "list deleted", filled["delete"], now=now)
            except NotFound:
                raise falcon.HTTPNotFound from None
        name = filled["name"]
        if not named(name):
            filled.wrong(
                "name", visitor.locale.gettext("Give the list a name of 1 to {most} characters.", most=LONGEST_NAME)
            )
        else:
            try:
                async with self._shell.act(visitor, filled, "/app/lists?done=1") as act:
                    await lists.add_list(act.tx, visitor.company_id, name, now=now)
                    await audit.record(act.tx, visitor.actor, "list added", name, now=now)
            except AlreadyExists:
                filled.wrong("name", visitor.locale.gettext("You have a list of this name. Choose another one."))
        await self._show(req, resp, visitor, filled)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        async with self._shell.reading() as tx:
            found = await lists.show_lists(tx, visitor.company_id)
        order = asked_order(req, _COLUMNS)
        await self._shell.show(
            req, resp, visitor, "app/lists/page.html", filled=filled, lists=order.sort(found), order=order
        )
