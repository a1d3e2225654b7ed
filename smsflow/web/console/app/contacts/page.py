"""Contacts: found by number or attribute, and added."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.contact import attributes_of
from smsflow.errors import NumberInvalid, ParameterInvalid
from smsflow.services import audit
from smsflow.services.contacts import contacts, optouts
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50


class Contacts:
    """`/app/contacts`: a page of them, and adding one."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Add a contact, or change the one with this number."""
        filled, locale, now = await self._shell.form(req, visitor), visitor.locale, self._shell.clock()
        company = visitor.company
        if company is None:
            raise falcon.HTTPNotFound
        try:
            given = {"prenom": filled["prenom"], "nom": filled["nom"]}
            attributes = attributes_of({name: value for name, value in given.items() if value})
            async with self._shell.act(visitor, filled, "/app/contacts?done=1") as act:
                number = await contacts.put(act.tx, company, filled["number"], attributes, source="manual", now=now)
                act.location = f"/app/contacts/{number.lstrip('+')}?done=1"
                await audit.record(act.tx, visitor.actor, "contact written", number, after=dict(attributes), now=now)
        except NumberInvalid:
            filled.wrong(
                "number", locale.gettext("This is no phone number. Write it as 6 90 00 00 01 or +237 6 90 00 00 01.")
            )
        except ParameterInvalid:
            filled.wrong("prenom", locale.gettext("A value has at most 500 characters."))
        await self._show(req, resp, visitor, filled)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        query = (req.get_param("q") or "").strip()
        after = req.get_param_as_int("after", default=0, min_value=0, max_value=2**62) or 0
        async with self._shell.reading() as tx:
            if query and visitor.company is not None:
                found = await contacts.search(tx, visitor.company, query, limit=_PAGE)
            else:
                found = await contacts.page(tx, visitor.company_id, after=after, limit=_PAGE + 1)
            scopes = await optouts.scopes(tx, visitor.company_id, [c.number for c in found])
        more = len(found) > _PAGE and not query
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/contacts/page.html",
            filled=filled,
            query=query,
            contacts=found[:_PAGE],
            scopes=scopes,
            older=f"/app/contacts?after={found[_PAGE - 1].id}" if more else "",
            first=not after,
        )
