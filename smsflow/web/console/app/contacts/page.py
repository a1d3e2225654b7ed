"""Contacts: found by number or attribute, and added."""

from urllib.parse import urlencode

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
        before = req.get_param_as_int("before", default=0, min_value=0, max_value=2**62) or None
        async with self._shell.reading() as tx:
            if query and visitor.company is not None:
                searched = await contacts.search(tx, visitor.company, query, before=before, limit=_PAGE)
                found = searched.contacts
                mark = None if searched.older is None else {"q": query, "before": searched.older}
            else:
                page = await contacts.page(tx, visitor.company_id, after=after, limit=_PAGE + 1)
                found = page[:_PAGE]
                mark = {"after": found[-1].id} if len(page) > _PAGE else None
            scopes = await optouts.scopes(tx, visitor.company_id, [c.number for c in found])
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/contacts/page.html",
            filled=filled,
            query=query,
            contacts=found,
            scopes=scopes,
            older=f"/app/contacts?{urlencode(mark)}" if mark else "",
            newest="/app/contacts" + (f"?{urlencode({'q': query})}" if query else ""),
            first=not after and before is None,
        )
