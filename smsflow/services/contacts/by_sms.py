"""STOP, START and HELP by SMS: done and answered in the transaction that stores the SMS which asks for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from smsflow.domain import optout_replies, phone, segments
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage
from smsflow.domain.optout import Command, Scope
from smsflow.services.contacts import optouts
from smsflow.store.accounts import companies
from smsflow.store.contacts import optouts as stored
from smsflow.store.contacts import replies
from smsflow.store.credits import balances
from smsflow.store.messages import closing
from smsflow.store.messages.accept import accept
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import numbers

# An answer that comes later than this answers nothing.
_VALIDITY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """The request of a person to a company by SMS, and the number it was sent to."""

    company_id: int
    number: str
    command: Command
    connector_id: int
    destination: str
    keyword: str | None
    campaign_id: int | None
    """The campaign that made them ask."""


async def obey(tx: Tx, asked: Sequence[Asked], *, now: datetime) -> Counter[tuple[int, int]]:
    """Opt people out and in as they ask, in their order, and answer each once a day; return the opt-outs by company and campaign.

    Step by step for all companies: messages are locked before companies, and these in the order of their ids.
    """
    opt_outs: Counter[tuple[int, int]] = Counter()
    stops = {a.company_id for a in asked if a.command is Command.STOP}
    if stops:
        # All at once: a transaction that accepts for several companies takes these locks before any other.
        await stored.close_marketing(tx, *stops)
    waiting: list[int] = []
    answers: list[_Answer] = []
    for company_id in sorted({a.company_id for a in asked}):
        company = await companies.company(tx, company_id)
        if company is None:
            continue
        of_company = [one for one in asked if one.company_id == company_id]
        changed = [one for one in of_company if await _opted_out(tx, one, now=now)]
        opt_outs.update((company_id, one.campaign_id) for one in changed if one.campaign_id is not None)
        if changed:
            waiting += await optouts.waiting_for(tx, company_id, [o.number for o in changed], scope=Scope.MARKETING)
        for one in sorted(of_company, key=lambda one: (one.number, one.command)):
            answer = await _answer(tx, company, one, now=now)
            answers += [] if answer is None else [answer]
    await closing.lock(tx, waiting)
    await balances.lock_budgets(tx, sorted({a.company_id for a in asked}))
    await optouts.cancel_waiting(tx, waiting, now=now)
    await _send(tx, answers, now=now)
    return opt_outs


async def _opted_out(tx: Tx, one: Asked, *, now: datetime) -> bool:
    """Do what somebody asks for; tell whether they have opted out by that."""
    if one.command is Command.STOP:
        changed = await stored.add(
            tx, one.company_id, [one.number], scope=Scope.MARKETING, source="sms", author=one.number, reason="", now=now
        )
        return bool(changed)
    if one.command is Command.START:
        await optouts.opt_in(tx, one.company_id, [one.number], source="sms", author=one.number, now=now)
    return False


class _Answer(NamedTuple):
    """The answer to a request, which is the only one of its day."""

    asked: Asked
    day: date
    message: NewMessage


async def _answer(tx: Tx, company: Company, one: Asked, *, now: datetime) -> _Answer | None:
    default = company.sender(None)
    sender = one.destination if phone.is_sender(one.destination) else default.name if default else None
    day = now.astimezone(ZoneInfo(company.timezone)).date()
    if sender is None or company.suspended:
        return None
    if not await replies.claim(tx, company.id, one.number, command=one.command, day=day):
        return None
    text = optout_replies.reply(company, one.command, keyword=one.keyword or await _keyword(tx, one))
    message = NewMessage(
        company_id=company.id,
        number=one.number,
        country=phone.parse(one.number, country=company.country).country,
        text=text,
        sender=sender,
        kind=Kind.TRANSACTIONAL,
        segments=segments.count(text),
        connector_id=one.connector_id,
        valid_until=now + _VALIDITY,
        free=True,
    )
    return _Answer(one, day, message)


async def _send(tx: Tx, answers: Sequence[_Answer], *, now: datetime) -> None:
    # Not by `submit`: the answer to STOP goes to somebody who has just opted out.
    ids = await accept(tx, [a.message for a in answers], now=now, checked=True) if answers else []
    for (one, day, _), message_id in zip(answers, ids, strict=True):
        if message_id is None:
            raise RuntimeError("an answer that is free was not accepted")
        await replies.sent(tx, one.company_id, one.number, command=one.command, day=day, message_id=message_id)


async def _keyword(tx: Tx, one: Asked) -> str | None:
    """Return the company's keyword on the number that was written to: without it the next answer may reach another company."""
    own = await numbers.of_company(tx, one.company_id)
    at = [n for n in own if (n.connector_id, n.number) == (one.connector_id, one.destination.removeprefix("+"))]
    return None if any(not n.keyword for n in at) else next((n.keyword for n in at), None)
