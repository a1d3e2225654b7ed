"""One SMS that somebody sent, and its answer: written, its cost shown, sent once."""

from datetime import timedelta
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.message import NewMessage, public_id
from smsflow.errors import (
    AccountSuspended,
    CountryNotAllowed,
    MessageTooLong,
    NotEnoughCredits,
    NotFound,
    NumberInvalid,
    OptedOut,
    Refused,
    SenderNotAllowed,
)
from smsflow.services import audit, credits, inbound
from smsflow.services.inbound import InboundRow
from smsflow.services.messages import tallies
from smsflow.services.messages.prepare import Limits
from smsflow.services.messages.submit import submit
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import COMMANDS
from smsflow.web.http.request import Request

_SAID: Final[dict[type[Refused], str]] = {
    NumberInvalid: gettext("This SMS did not come from a phone number: it cannot be answered."),
    CountryNotAllowed: gettext("Your account does not send to this country. Ask for it to be opened."),
    SenderNotAllowed: gettext("Your company has no approved sender. Ask for one."),
    MessageTooLong: gettext("The message is too long. Shorten it."),
    OptedOut: gettext("This person has opted out."),
    NotEnoughCredits: gettext("Credits are missing for this SMS."),
    AccountSuspended: gettext("Your account is suspended. Ask the platform."),
}
_OTHERWISE: Final = gettext("No operator takes this SMS now. Try again in a minute.")


class InboxMessage:
    """`/app/inbox/{id}`."""

    access, posts = Right.SEE_INBOX, Right.ANSWER

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, inbound_id: int) -> None:
        """Show the page."""
        received = await self._found(visitor, inbound_id)
        await self._show(req, resp, visitor, received, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, inbound_id: int) -> None:
        """Show what the answer costs, then send it."""
        filled, received, _ = (
            await self._shell.form(req, visitor),
            await self._found(visitor, inbound_id),
            visitor.locale.gettext,
        )
        message: NewMessage | None = None
        if filled["sure"] != "back":
            try:
                if not filled["text"]:
                    filled.wrong("text", _("Write the message."))
                else:
                    message = await self._message(visitor, received, filled)
                    if filled["sure"] == "1":
                        await self._send(visitor, filled, received, message)
            except Refused as refused:
                sentence = next((said for kind, said in _SAID.items() if isinstance(refused, kind)), _OTHERWISE)
                filled.wrong("text", _(sentence))
        await self._show(req, resp, visitor, received, filled, message=message if filled.ok else None)

    async def _message(self, visitor: Visitor, received: InboundRow, filled: Filled) -> NewMessage:
        if visitor.company is None:
            raise falcon.HTTPNotFound
        settings = self._shell.platform.settings
        return inbound.answer(
            visitor.company,
            received,
            filled.raw("text").replace("\r\n", "\n"),
            routes=(await self._shell.platform.directory.routing()).table,
            limits=Limits(settings.message_segments_limit, timedelta(hours=settings.validity_hours)),
            now=self._shell.clock(),
        )

    async def _send(self, visitor: Visitor, filled: Filled, received: InboundRow, message: NewMessage) -> None:
        now, fingerprint = self._shell.clock(), self._shell.platform.vault.fingerprint
        async with self._shell.act(visitor, filled, f"/app/inbox/{received.id}") as act:
            (sent,) = await submit(act.tx, [message], fingerprint=fingerprint, now=now)
            if not isinstance(sent, int):
                raise sent
            await tallies.by_console(act.tx, visitor.company_id, [sent])
            act.location = f"/app/inbox/{received.id}?done=1&sent={public_id(sent)}"
            await audit.record(act.tx, visitor.actor, "inbound SMS answered", public_id(sent), now=now)

    async def _found(self, visitor: Visitor, inbound_id: int) -> InboundRow:
        try:
            async with self._shell.reading() as tx:
                return await inbound.show(tx, visitor.company_id, inbound_id)
        except NotFound:
            raise falcon.HTTPNotFound from None

    async def _show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        visitor: Visitor,
        received: InboundRow,
        filled: Filled,
        *,
        message: NewMessage | None = None,
    ) -> None:
        async with self._shell.reading() as tx:
            left = await credits.available(tx, visitor.company_id)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/inbox/one.html",
            filled=filled,
            m=received,
            number=f"+{digits}" if (digits := received.source.lstrip("+")).isdigit() else "",
            commands=COMMANDS,
            sees_texts=visitor.may(Right.SEE_TEXTS),
            message=message,
            left=left,
        )
