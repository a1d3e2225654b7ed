"""Sending: one SMS at once, several after a page that asks once; the counter's tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import falcon
import falcon.asgi

from smsflow.domain import template
from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage
from smsflow.errors import NotFound, NumberInvalid, ParameterInvalid, Refused, SenderNotAllowed, StopMissing
from smsflow.runtime import links
from smsflow.services import audit, credits, templates
from smsflow.services.campaigns import draft, stop
from smsflow.services.campaigns import prepare as campaign_prepare
from smsflow.services.campaigns.draft import Draft
from smsflow.services.contacts import lists
from smsflow.services.messages import tallies
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.messages.submit import submit
from smsflow.web.console.app.send.words import said
from smsflow.web.console.shell.forms import Filled, new_key
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import STOP_DEMANDED
from smsflow.web.http.request import Request

_MOST_NUMBERS = 200
_FARTHEST = timedelta(days=366)
# A variable, which only a campaign fills in for each recipient.
_VARIABLE = re.compile(r"\{[^{}|]+(\|[^{}]*)?\}")


@dataclass(frozen=True, slots=True)
class _ToSend:
    """The content of a form, checked: the SMS to send, and the numbers that get none, each with the sentence that says why."""

    messages: list[NewMessage]
    refused: list[tuple[str, str]]
    connectors: Mapping[int, str]

    @property
    def credits(self) -> int:
        """The cost of the SMS: a segment is a credit."""
        return sum(m.segments for m in self.messages)

    @property
    def by_operator(self) -> list[tuple[str, int, int]]:
        """The SMS and the credits of each operator, by name."""
        found: dict[str, list[int]] = {}
        for message in self.messages:
            total = found.setdefault(self.connectors.get(message.connector_id, "—"), [0, 0])
            total[0] += 1
            total[1] += message.segments
        return [(name, sms, spent) for name, (sms, spent) in sorted(found.items())]


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
        """Send to one number; show what several cost, then send. A list makes a campaign of it."""
        filled, company = await self._shell.form(req, visitor), visitor.company
        if company is None:
            raise falcon.HTTPNotFound
        tested = False
        if filled["go"] == "template":
            await self._take_template(visitor, filled)
        elif filled["go"] == "test":
            tested = await self._test(visitor, company, filled)
        elif filled["sure"] != "back":
            _check(filled, visitor, now=self._shell.clock())
            if filled.ok and filled.every("lists"):
                await self._draft(visitor, company, filled)
            elif filled.ok and await self._lacks_stop(company, filled):
                filled.wrong("text", visitor.locale.gettext(STOP_DEMANDED))
            elif filled.ok:
                numbers = _numbers(filled)
                batch = await self._batch(visitor, company, filled, numbers)
                if len(numbers) == 1 and batch.refused:
                    filled.wrong("to", batch.refused[0][1])
                elif len(numbers) == 1 or filled["sure"] == "1":
                    await self._send(visitor, filled, batch)
                else:
                    await self._ask(req, resp, visitor, filled, batch)
                    return
        await self._show(req, resp, visitor, filled, tested=tested)

    async def _lacks_stop(self, company: Company, filled: Filled) -> bool:
        """Tell whether this is advertising that has to be a campaign, which alone can say how to opt out."""
        if _kind(filled) is not Kind.MARKETING:
            return False
        async with self._shell.reading() as tx:
            return bool(await stop.demanded(tx, company))

    async def _take_template(self, visitor: Visitor, filled: Filled) -> None:
        """Put a template's text into the form; a variable becomes its default, and stays for the writer to fill where it has none."""
        chosen = filled["template"]
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
            try:
                async with self._shell.reading() as tx:
                    found = await templates.show(tx, visitor.company_id, int(chosen))
            except NotFound:
                return
            filled.values["text"] = found.text if filled.every("lists") else template.parse(found.text).with_defaults()

    async def _test(self, visitor: Visitor, company: Company, filled: Filled) -> bool:
        """Send the text to one number of one's own; tell whether it left. The form stays as it was typed."""
        _ = visitor.locale.gettext
        if not filled["test_to"]:
            filled.wrong("test_to", _("Write your number."))
        if not filled["text"]:
            filled.wrong("text", _("Write the message."))
        if not filled.ok:
            return False
        batch = await self._batch(visitor, company, filled, [filled["test_to"]], test=True)
        if batch.refused:
            filled.wrong("test_to", batch.refused[0][1])
            return False
        try:
            await self._send(visitor, filled, batch, wrong="test_to")
        except falcon.HTTPSeeOther:
            filled.key = new_key()
            return True
        return False

    async def _draft(self, visitor: Visitor, company: Company, filled: Filled) -> None:
        """Make a campaign of an SMS to lists: its page says to the credit what it costs, and asks once."""
        shell, now, locale = self._shell, self._shell.clock(), visitor.locale
        wanted = Draft(
            locale.gettext("SMS of {time}", time=locale.time(now, seconds=True)),
            filled.raw("text").replace("\r\n", "\n").strip(),
            lists=filled.every("lists"),
            numbers=_numbers(filled),
            sender=filled["sender"] or None,
            kind=_kind(filled),
            starts_at=_planned(filled, visitor),
        )
        try:
            async with shell.act(visitor, filled, "/app/campaigns") as act:
                stored = await draft.draft(act.tx, company, wanted, author=visitor.person.username, now=now)
                act.location = f"/app/campaigns/{stored}"
                routes = (await shell.platform.directory.routing()).table
                limits = Limits(segments=shell.platform.settings.message_segments_limit)
                ways_out = links(shell.platform.settings)
                await campaign_prepare.prepare(act.tx, company, stored, routes=routes, limits=limits, links=ways_out)
                await audit.record(act.tx, visitor.actor, "campaign written", str(stored), now=now)
        except NotFound:
            filled.wrong("lists", locale.gettext("One of these lists is gone. Choose the lists again."))
        except NumberInvalid as refused:
            filled.wrong("to", said(visitor, refused))
        except SenderNotAllowed as refused:
            filled.wrong("sender", said(visitor, refused))
        except StopMissing:
            filled.wrong("text", locale.gettext(STOP_DEMANDED))
        except ParameterInvalid:
            sentence = "Write variables as {prenom} or {prenom|cher client}, and a brace that is none twice."
            filled.wrong("text", locale.gettext(sentence))

    async def _batch(
        self, visitor: Visitor, company: Company, filled: Filled, numbers: list[str], *, test: bool = False
    ) -> _ToSend:
        shell, now = self._shell, self._shell.clock()
        settings = shell.platform.settings
        routing = await shell.platform.directory.routing()
        limits = Limits(settings.message_segments_limit, timedelta(hours=settings.validity_hours))
        kind, planned = (Kind.TRANSACTIONAL, None) if test else (_kind(filled), _planned(filled, visitor))
        text = filled.raw("text").replace("\r\n", "\n")
        messages: dict[str, NewMessage] = {}
        refused = []
        for number in numbers:
            order = Order(number, text, sender=filled["sender"] or None, kind=kind, planned_at=planned)
            try:
                message = prepare(order, company=company, routes=routing.table, now=now, limits=limits)
            except Refused as refusal:
                refused.append((number, said(visitor, refusal)))
            else:
                messages.setdefault(message.number, message)
        return _ToSend(list(messages.values()), refused, {c.id: c.name for c in routing.connectors})

    async def _send(self, visitor: Visitor, filled: Filled, batch: _ToSend, *, wrong: str = "to") -> None:
        shell, now = self._shell, self._shell.clock()
        refusal: Refused | None = None
        try:
            async with shell.act(visitor, filled, "/app/send") as act:
                answers = await submit(act.tx, batch.messages, fingerprint=shell.platform.vault.fingerprint, now=now)
                sent = [a for a in answers if isinstance(a, int)]
                refusal = next((a for a in answers if not isinstance(a, int)), None)
                if not sent and refusal is not None:
                    raise refusal
                await tallies.by_console(act.tx, visitor.company_id, sent)
                done = "planned" if _planned(filled, visitor) and wrong == "to" else "1"
                act.location = (
                    f"/app/send?done={done}&sent={len(sent)}&refused={len(answers) - len(sent) + len(batch.refused)}"
                )
                await audit.record(act.tx, visitor.actor, "SMS sent", str(len(sent)), now=now)
        except Refused as refused:
            filled.wrong(wrong, said(visitor, refused))

    async def _ask(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled, batch: _ToSend
    ) -> None:
        async with self._shell.reading() as tx:
            left = await credits.available(tx, visitor.company_id)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/send/ask.html",
            filled=filled,
            batch=batch,
            left=left,
            after=left - batch.credits,
            planned=_planned(filled, visitor),
            sender_name=_sender_name(visitor, filled),
        )

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled, *, tested: bool = False
    ) -> None:
        async with self._shell.reading() as tx:
            known = await lists.show_lists(tx, visitor.company_id)
            texts = [t for t in await templates.show_all(tx, visitor.company_id) if t.purpose == templates.CAMPAIGN]
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/send/page.html",
            filled=filled,
            lists=known,
            templates=texts,
            tested=tested,
            senders=[s for s in (visitor.company.senders if visitor.company else ()) if s.state == "approved"],
            sender_name=_sender_name(visitor, filled),
            sent=req.get_param_as_int("sent", default=0, min_value=0, max_value=_MOST_NUMBERS),
            refused=req.get_param_as_int("refused", default=0, min_value=0, max_value=_MOST_NUMBERS),
        )


def _check(filled: Filled, visitor: Visitor, *, now: datetime) -> None:
    """Note what is wrong before anything is prepared."""
    _, numbers = visitor.locale.gettext, _numbers(filled)
    if not numbers and not filled.every("lists"):
        filled.wrong("to", _("Write at least one number, or choose a list."))
    if len(numbers) > _MOST_NUMBERS:
        filled.wrong("to", _("Write at most {most} numbers; a campaign takes more.", most=_MOST_NUMBERS))
    if not filled["text"]:
        filled.wrong("text", _("Write the message."))
    elif not filled.every("lists") and _VARIABLE.search(filled["text"]):
        filled.wrong("text", _("Pasted numbers have no values: replace what stands in braces, or choose a list."))
    if filled["when"] == "later":
        planned = visitor.locale.read_time(filled["at"])
        if planned is None:
            filled.wrong("at", _("Write the date as {example}.", example="27/11/2026 09:00"))
        elif not now <= planned <= now + _FARTHEST:
            filled.wrong("at", _("This date is past, or more than a year ahead. Choose another one."))


def _kind(filled: Filled) -> Kind:
    return Kind.MARKETING if filled["kind"] == "marketing" else Kind.TRANSACTIONAL


def _planned(filled: Filled, visitor: Visitor) -> datetime | None:
    return visitor.locale.read_time(filled["at"]) if filled["when"] == "later" else None


def _sender_name(visitor: Visitor, filled: Filled) -> str:
    """Return the name or number that the SMS will come from."""
    found = visitor.company.sender(filled["sender"] or None) if visitor.company else None
    return found.name if found else ""


def _numbers(filled: Filled) -> list[str]:
    lines = filled.raw("to").replace(";", "\n").replace(",", "\n").splitlines()
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))
