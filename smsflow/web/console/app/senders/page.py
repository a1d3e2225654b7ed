"""Senders: the names that SMS come from with their state, and asking for one."""

import io
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import AlreadyExists, BodyTooLarge, NotFound, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import senders
from smsflow.services.accounts.senders import Joined
from smsflow.web.console.shell import forms
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import asked_order
from smsflow.web.console.shell.uploads import receive_form
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import SENDERS
from smsflow.web.http.request import Request

# The document, and the fields and heads of the form around it.
LARGEST_UPLOAD: Final = senders.LARGEST_DOCUMENT + 64 * 1024
_PATIENCE = 120.0


class Senders:
    """`/app/senders`."""

    access, posts = Right.SEE_SENDERS, Right.ASK_SENDERS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Ask for a sender, with what it is for, a sample and a document."""
        now, _ = self._shell.clock(), visitor.locale.gettext
        try:
            filled, joined = await self._read(req, visitor)
        except BodyTooLarge:
            filled = Filled()
            filled.wrong("document", _("Join a PDF, PNG or JPEG file of at most 2 MB."))
            await self._show(req, resp, visitor, filled)
            return
        try:
            async with self._shell.act(visitor, filled, "/app/senders?done=1") as act:
                await senders.ask_for(
                    act.tx,
                    visitor.company_id,
                    filled["name"],
                    use=filled["use"],
                    sample=filled["sample"],
                    author=visitor.person.name,
                    joined=joined,
                    now=now,
                )
                after = {"state": "pending", "use": filled["use"], "document": joined.name if joined else ""}
                await audit.record(act.tx, visitor.actor, "sender asked for", filled["name"], after=after, now=now)
        except ParameterInvalid as refused:
            sentences = {
                "sender": _("Write 1 to 11 letters, digits or spaces, or a number of 15 digits at most."),
                "document": _("Join a PDF, PNG or JPEG file of at most 2 MB."),
            }
            name = str(refused.details["parameter"])
            too_long = _("Write at most {most} characters.", most=senders.LONGEST_TEXT)
            filled.wrong("name" if name == "sender" else name, sentences.get(name, too_long))
        except AlreadyExists:
            filled.wrong("name", _("Your company has asked for this sender before."))
        await self._show(req, resp, visitor, filled)

    async def _read(self, req: Request, visitor: Visitor) -> tuple[Filled, Joined | None]:
        """Return what was typed and the document that was joined."""
        if not (req.content_type or "").startswith("multipart/"):
            return await self._shell.form(req, visitor), None
        file = io.BytesIO()
        uploaded = await receive_form(req, file, most=LARGEST_UPLOAD, patience=_PATIENCE)
        return forms.filled(uploaded.fields, visitor), Joined(uploaded.name, file.getvalue()) if uploaded.size else None

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        names = visitor.company.senders if visitor.company is not None else ()
        async with self._shell.reading() as tx:
            asked = await senders.requests(tx, visitor.company_id)
        order = asked_order(
            req, {"name": lambda one: one.name, "state": lambda one: visitor.locale.gettext(SENDERS[one.state][0])}
        )
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/senders/page.html",
            filled=filled,
            senders=order.sort(names),
            order=order,
            states=SENDERS,
            asked=asked,
        )


class SenderDocument:
    """`/app/senders/{sender_id}/document`: the document that was joined, as a file and never as a page."""

    access = Right.SEE_SENDERS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, _req: Request, resp: falcon.asgi.Response, visitor: Visitor, sender_id: int) -> None:
        """Answer the file."""
        try:
            async with self._shell.reading() as tx:
                _name, media_type, body = await senders.document(tx, visitor.company_id, sender_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        resp.content_type, resp.data = media_type, body
        resp.set_headers(
            {
                # The name that somebody gave it stays on the page.
                "Content-Disposition": f'attachment; filename="sender-{sender_id}.{media_type.rpartition("/")[2]}"',
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
