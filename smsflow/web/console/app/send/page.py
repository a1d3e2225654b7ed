"""Sending: one SMS at once, several after a page that asks once; the counter's tables."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import falcon
import falcon.asgi
import msgspec

from smsflow.domain import economy, segments
from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.domain.encoding import BASIC, EXTENSION
from smsflow.domain.message import Kind, NewMessage
from smsflow.errors import (
    AccountSuspended,
    CountryNotAllowed,
    DailyLimitReached,
    MessageTooLong,
    NotEnoughCredits,
    NumberInvalid,
    NumberNotMobile,
    OptedOut,
    OutsideHours,
    Refused,
    SenderNotAllowed,
)
from smsflow.services import audit, credits
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.messages.submit import submit
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_MOST_NUMBERS = 200

# What is refused → the sentence about it. Translated where it is shown.
REFUSALS: Final[dict[type[Refused], str]] = {
    NumberInvalid: "This is no phone number. Correct or remove it.",
    NumberNotMobile: "A landline gets no SMS. Ask for a mobile number.",
    CountryNotAllowed: "Your account does not send to this country. Ask for it to be opened.",
    SenderNotAllowed: "This sender is not approved. Choose another one.",
    MessageTooLong: "The message is too long. Shorten it.",
    OptedOut: "This person has opted out.",
    OutsideHours: "Advertising may not be sent at this hour. Plan a campaign.",
    DailyLimitReached: "This person got enough advertising today.",
    NotEnoughCredits: "Credits are missing. Buy some, or remove recipients.",
    AccountSuspended: "Your account is suspended. Ask the platform.",
}
OTHERWISE: Final = "No operator takes this SMS now. Try again in a minute."


@dataclass(frozen=True, slots=True)
class _ToSend:
    """What a form would send: the SMS, and the numbers that get none, each with the sentence that says why."""

    messages: list[NewMessage]
    refused: list[tuple[str, str]]

    @property
    def credits(self) -> int:
        """What they cost: a segment is a credit."""
        return sum(m.segments for m in self.messages)


class Send:
    """`/app/send`."""

    access, posts = Right.SEE_SEND, Right.SEND

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the form."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Send to one number; show what several cost, then send."""
        filled, company, _ = await self._shell.form(req, visitor), visitor.company, visitor.locale.gettext
        if company is None:
            raise falcon.HTTPNotFound
        numbers = _numbers(filled)
        if not numbers:
            filled.wrong("numbers", _("Write at least one number."))
        if len(numbers) > _MOST_NUMBERS:
            filled.wrong("numbers", _("Write at most {most} numbers; a campaign takes more.", most=_MOST_NUMBERS))
        if not filled["text"]:
            filled.wrong("text", _("Write the message."))
        if filled.ok:
            batch = await self._batch(visitor, company, filled, numbers)
            if len(numbers) == 1 and batch.refused:
                filled.wrong("numbers", batch.refused[0][1])
            elif len(numbers) == 1 or filled["sure"] == "1":
                await self._send(visitor, filled, batch)
            elif filled["sure"] != "back":
                await self._ask(req, resp, visitor, filled, batch)
                return
        await self._show(req, resp, visitor, filled)

    async def _batch(self, visitor: Visitor, company: Company, filled: Filled, numbers: list[str]) -> _ToSend:
        shell, now = self._shell, self._shell.clock()
        settings = shell.platform.settings
        routes = (await shell.platform.directory.routing()).table
        limits = Limits(settings.message_segments_limit, timedelta(hours=settings.validity_hours))
        kind = Kind.MARKETING if filled["kind"] == "marketing" else Kind.TRANSACTIONAL
        text = filled.raw("text").replace("\r\n", "\n")
        messages: dict[str, NewMessage] = {}
        refused = []
        for number in numbers:
            order = Order(number, text, sender=filled["sender"] or None, kind=kind)
            try:
                message = prepare(order, company=company, routes=routes, now=now, limits=limits)
            except Refused as refusal:
                refused.append((number, said(visitor, refusal)))
            else:
                messages.setdefault(message.number, message)
        return _ToSend(list(messages.values()), refused)

    async def _send(self, visitor: Visitor, filled: Filled, batch: _ToSend) -> None:
        shell, now = self._shell, self._shell.clock()
        refusal: Refused | None = None
        try:
            async with shell.act(visitor, filled, "/app/send") as act:
                answers = await submit(act.tx, batch.messages, fingerprint=shell.platform.vault.fingerprint, now=now)
                sent = [a for a in answers if isinstance(a, int)]
                refusal = next((a for a in answers if not isinstance(a, int)), None)
                if not sent and refusal is not None:
                    raise refusal
                act.location = (
                    f"/app/send?done=1&sent={len(sent)}&refused={len(answers) - len(sent) + len(batch.refused)}"
                )
                await audit.record(act.tx, visitor.actor, "SMS sent", str(len(sent)), now=now)
        except Refused as refused:
            filled.wrong("numbers", said(visitor, refused))

    async def _ask(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled, batch: _ToSend
    ) -> None:
        async with self._shell.reading() as tx:
            left = await credits.available(tx, visitor.company_id)
        await self._shell.show(
            req, resp, visitor, "app/send/ask.html", filled=filled, batch=batch, left=left, after=left - batch.credits
        )

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/send/page.html",
            filled=filled,
            senders=[s for s in (visitor.company.senders if visitor.company else ()) if s.state == "approved"],
            sent=req.get_param_as_int("sent", default=0, min_value=0, max_value=_MOST_NUMBERS),
            refused=req.get_param_as_int("refused", default=0, min_value=0, max_value=_MOST_NUMBERS),
        )


class CounterTables:
    """`/app/send/tables`: the domain's own tables, by which a page counts as the platform charges."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """Answer the same for everybody."""
        del shell
        self._body = msgspec.json.encode(tables()).decode()

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Answer the tables."""
        del req, visitor
        resp.content_type = "application/json"
        resp.text = self._body
        resp.set_headers({"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"})

    on_head = on_get


def tables() -> dict[str, Any]:
    """Return the alphabet, the lengths of segments and the economy spelling, as `counter.js` reads them."""
    return {
        "basic": "".join(sorted(BASIC)),
        "extension": "".join(sorted(EXTENSION)),
        "gsm7": [segments.GSM7_SINGLE, segments.GSM7_PART],
        "ucs2": [segments.UCS2_SINGLE, segments.UCS2_PART],
        "spellings": economy.spellings(),
        "sequences": economy.sequences(),
    }


def said(visitor: Visitor, refused: Refused) -> str:
    """Return the sentence about what is refused, in the visitor's language."""
    found = next((text for kind, text in REFUSALS.items() if isinstance(refused, kind)), OTHERWISE)
    return visitor.locale.gettext(found)


def _numbers(filled: Filled) -> list[str]:
    lines = filled.raw("numbers").replace(";", "\n").replace(",", "\n").splitlines()
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))
