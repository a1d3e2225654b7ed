"""Trying: a campaign's text, sent to a few numbers before it goes to everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import campaign as rules
from smsflow.domain import phone, template
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage, public_id
from smsflow.domain.routing import Table
from smsflow.domain.stop_way import Links, StopWays
from smsflow.domain.template import Missing
from smsflow.errors import NoRoute, ParameterInvalid, Refused, SenderNotAllowed
from smsflow.services.campaigns import stop
from smsflow.services.campaigns.draft import show
from smsflow.services.messages import tallies
from smsflow.services.messages.permission import Fingerprint
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.messages.submit import submit
from smsflow.store.campaigns import recipients
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.contacts import contacts, lists, stop_links
from smsflow.store.postgres.transactions import Tx

MOST = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """An SMS that was sent to try a campaign's text."""

    id: str
    number: str
    text: str
    segments: int


async def send_test(
    tx: Tx,
    company: Company,
    campaign_id: int,
    typed: Sequence[str],
    *,
    routes: Table,
    limits: Limits,
    links: Links | None,
    fingerprint: Fingerprint,
    now: datetime,
) -> list[Tried]:
    """Send a campaign's text with the values of its first recipient to a few numbers; when one is refused, none is sent.

    Each is a transactional SMS of the company, charged as any other, and no SMS of the campaign: its figures stay.
    """
    campaign = await show(tx, company.id, campaign_id)
    rules.check(campaign.state, "test")
    numbers = list({n.e164: n for n in (phone.parse(t, country=company.country) for t in typed)}.values())
    if not 1 <= len(numbers) <= MOST:
        raise ParameterInvalid(parameter="number", expected=f"1 to {MOST} numbers")
    sender = company.sender(campaign.sender)
    if sender is None:
        raise SenderNotAllowed(sender=campaign.sender or "")
    values = await _first_values(tx, campaign)
    ways = await stop.ways(tx, company, links)
    made: list[NewMessage] = []
    tokens: list[tuple[str, str]] = []
    for number in numbers:
        lanes = routes.decide(number, company_id=company.id, sender=sender.name, kind=Kind.TRANSACTIONAL)
        if not lanes:
            raise NoRoute(number=number.e164)
        text, token = _written(campaign, values, ways, lanes[0])
        if token is not None:
            tokens.append((token, number.e164))
        order = Order(number.e164, text, sender.name, parameters=("number", "text", "at"))
        made.append(prepare(order, company=company, routes=routes, now=now, limits=limits))
    answers = await submit(tx, made, fingerprint=fingerprint, now=now)
    await tallies.by_console(tx, company.id, [answer for answer in answers if isinstance(answer, int)])
    if tokens:
        # Of no campaign: an opt-out by one of these is not counted as caused by it.
        await stop_links.add(tx, company.id, tokens, campaign_id=None, now=now)
    return [_tried(message, answer) for message, answer in zip(made, answers, strict=True)]


async def _first_values(tx: Tx, campaign: Campaign) -> Mapping[str, str]:
    """Return the values of the first recipient: of the prepared ones, else of the contacts in its lists."""
    first = await recipients.first_open(tx, campaign.company_id, campaign.id)
    if first is not None:
        return first.values or {}
    within = await lists.members(tx, campaign.company_id, campaign.plan["lists"])
    if not within:
        return {}
    without = await lists.members(tx, campaign.company_id, campaign.plan["without"])
    page = await contacts.page_of(tx, campaign.company_id, within, without=without, after=0, limit=1)
    while not page.contacts and page.after is not None:
        page = await contacts.page_of(tx, campaign.company_id, within, without=without, after=page.after, limit=1)
    found = page.contacts
    return found[0].attributes if found else {}


def _written(
    campaign: Campaign, values: Mapping[str, str], ways: StopWays, connector_id: int
) -> tuple[str, str | None]:
    """Return the text, with the token of its link out where it has one."""
    parsed, token = template.parse(campaign.text), None
    if template.STOP in parsed.variables:
        way = ways.shortest(connector_id)
        if way is None:
            raise ParameterInvalid(
                parameter="text", expected="a text without {stop}: there is no way out to write there"
            )
        phrase, token = way
        values = {**values, template.STOP: phrase}
    text = parsed.render(values)
    if isinstance(text, Missing):
        expected = f"a default for {{{text.name}}}, which the first recipient has no value for"
        raise ParameterInvalid(parameter="text", expected=expected)
    return text, token


def _tried(message: NewMessage, answer: int | Refused) -> Tried:
    if isinstance(answer, Refused):
        raise answer
    return Tried(public_id(answer), message.number, message.text, message.segments)
