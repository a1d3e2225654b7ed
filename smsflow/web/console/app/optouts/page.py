"""Opt-outs: who is not written to any more, since when and by what; added with a reason, and removed."""

from urllib.parse import urlencode

import falcon.asgi

from smsflow.domain import phone
from smsflow.domain.access import Right
from smsflow.errors import NumberInvalid
from smsflow.services import audit
from smsflow.services.contacts import optouts
from smsflow.services.searching import ending_of
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import SCOPES, SOURCES
from smsflow.web.http.request import Request

_PAGE = 50
_MOST_DIGITS = 20
_LARGEST = 10_000_000


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
        author, scope = visitor.person.username, filled["scope"] if filled["scope"] in SCOPES else "marketing"
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
        asked = {name: (req.get_param(name) or "").replace("\x00", "").strip() for name in ("q", "source", "after")}
        source = asked["source"] if asked["source"] in SOURCES else ""
        async with self._shell.reading() as tx:
            found = await optouts.show_opt_outs(
                tx,
                visitor.company_id,
                after=asked["after"][:_MOST_DIGITS],
                limit=_PAGE + 1,
                ending=ending_of(asked["q"]),
                source=source,
            )
        kept = {"q": asked["q"], "source": source}
        more = {**kept, "after": found[_PAGE - 1].number} if len(found) > _PAGE else {}
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/optouts/page.html",
            filled=filled,
            optouts=found[:_PAGE],
            asked={**kept, "after": asked["after"]},
            sources=SOURCES,
            scopes=SCOPES,
            older=_address(more) if more else "",
            first=_address(kept),
            new=req.get_param_as_int("new", default=0, min_value=0, max_value=_LARGEST),
            known=req.get_param_as_int("known", default=0, min_value=0, max_value=_LARGEST),
            invalid=req.get_param_as_int("invalid", default=0, min_value=0, max_value=_LARGEST),
        )


def _address(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/app/opt-outs?{query}" if query else "/app/opt-outs"
