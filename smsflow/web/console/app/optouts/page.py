"""Opt-outs: who is not written to any more, since when and by what; added with a reason, and removed."""

import falcon.asgi

from smsflow.domain import phone
from smsflow.domain.access import Right
from smsflow.errors import NumberInvalid
from smsflow.services import audit
from smsflow.services.contacts import optouts
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_PAGE = 50
_SCOPES = frozenset({"marketing", "all"})


class OptOuts:
    """`/app/opt-outs`."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Opt a number out, or in again."""
        filled, now, locale = await self._shell.form(req, visitor), self._shell.clock(), visitor.locale
        country = visitor.company.country if visitor.company else ""
        wanted, removes = filled["remove"] or filled["number"], bool(filled["remove"])
        try:
            e164 = phone.parse(wanted, country=country).e164
        except NumberInvalid:
            filled.wrong(
                "number", locale.gettext("This is no phone number. Write it as 6 90 00 00 01 or +237 6 90 00 00 01.")
            )
            await self._show(req, resp, visitor, filled)
            return
        author, scope = visitor.person.username, filled["scope"] if filled["scope"] in _SCOPES else "marketing"
        async with self._shell.act(visitor, filled, "/app/opt-outs?done=1") as act:
            if removes:
                await optouts.opt_in(act.tx, visitor.company_id, [e164], source="manual", author=author, now=now)
            else:
                await optouts.opt_out(
                    act.tx,
                    visitor.company_id,
                    [e164],
                    scope=scope,
                    source="manual",
                    author=author,
                    reason=filled["reason"][:200],
                    now=now,
                )
            what = "opt-out removed" if removes else "opted out"
            await audit.record(act.tx, visitor.actor, what, e164, after=None if removes else {"scope": scope}, now=now)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        after = req.get_param("after") or ""
        async with self._shell.reading() as tx:
            found = await optouts.show_opt_outs(tx, visitor.company_id, after=after, limit=_PAGE + 1)
        older = f"/app/opt-outs?after=%2B{found[_PAGE - 1].number.lstrip('+')}" if len(found) > _PAGE else ""
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/optouts/page.html",
            filled=filled,
            optouts=found[:_PAGE],
            older=older,
            first=not after,
        )
