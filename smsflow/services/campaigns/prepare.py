"""Preparing: one row per recipient, with what it costs or why it is not written to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from smsflow.domain import campaign as rules
from smsflow.domain import phone, segments, template
from smsflow.domain.account import Company
from smsflow.domain.failures import may_arrive
from smsflow.domain.optout import Scope, forbids
from smsflow.domain.phone import Number
from smsflow.domain.routing import Table
from smsflow.domain.stop_way import Links, StopWays
from smsflow.domain.template import Missing, Template
from smsflow.errors import ListGone, NotFound, NumberInvalid
from smsflow.services.campaigns import failures, stop, unprepared
from smsflow.services.campaigns.draft import held
from smsflow.services.messages.prepare import Limits
from smsflow.store.campaigns import chosen, drafts, ends, previews, recipients
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.campaigns.recipients import Recipient, Share
from smsflow.store.contacts import contacts, lists, optouts
from smsflow.store.postgres.transactions import Tx

BATCH = 2000
# About a second of work, for which the page of a person waits.
SMALL = 5000

OPTED_OUT = "opted_out"
NO_VALUE = "no_value"
TOO_LONG = "too_long"
NO_ROUTE = "no_route"
NOT_MOBILE = "number_not_mobile"
COUNTRY_NOT_ALLOWED = "country_not_allowed"


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a preparation has come: contacts first, by id, then numbers, by themselves; and the last place given.

    A number that the draft names is one of the numbers and never one of the contacts, and no contact is newer than the preparation:
    nobody has two places, whatever happens to contacts and lists meanwhile. A campaign that writes again goes through the places
    of the other one instead (`again`).
    """

    contact: int = 0
    newest: int | None = None
    number: str = ""
    place: int = 0
    contacts_done: bool = False
    done: bool = False
    again: int = 0


@dataclass(frozen=True, slots=True)
class _Person:
    number: str
    country: str
    attributes: dict[str, str]


async def begin(tx: Tx, company_id: int, campaign_id: int) -> Walk:
    """Begin a preparation: what an earlier one has stored goes. Raises StateRefused once the campaign is launched, and ListGone."""
    campaign = await held(tx, company_id, campaign_id)
    rules.check(campaign.state, "prepare")
    await _check_lists(tx, campaign)
    # A draft may still be without its text.
    template.parse(campaign.text)
    await recipients.clear(tx, company_id, campaign_id)
    await drafts.set_state(tx, company_id, campaign_id, "draft")
    await drafts.set_preparing(tx, company_id, campaign_id, None)
    return Walk(newest=await contacts.newest(tx, company_id))


async def prepare(
    tx: Tx, company: Company, campaign_id: int, *, routes: Table, limits: Limits, links: Links | None
) -> None:
    """Prepare a campaign at once when it is small; otherwise have it prepared in the background, step by step."""
    walk = await begin(tx, company.id, campaign_id)
    campaign = await held(tx, company.id, campaign_id)
    within = await lists.members(tx, company.id, campaign.plan["lists"])
    expected = await contacts.count_of(tx, company.id, within) + await chosen.count(tx, company.id, campaign_id)
    read = expected
    if (former := campaign.plan.get("again")) is not None:
        read = (await held(tx, company.id, former)).accepted
        expected = sum(w.recipients for w in await failures.why(tx, company.id, former) if w.passes)
    if read > SMALL:
        preparing = {"expected": expected, "walk": msgspec.to_builtins(walk)}
        await drafts.set_preparing(tx, company.id, campaign_id, preparing)
        return
    while not walk.done:
        walk = await step(tx, company, campaign_id, walk, routes=routes, limits=limits, links=links)


async def waiting(tx: Tx) -> list[tuple[int, int]]:
    """Return the company and the id of each campaign that is to be prepared in the background."""
    return await drafts.preparing(tx)


async def go_on(
    tx: Tx, company: Company, campaign_id: int, *, routes: Table, limits: Limits, links: Links | None
) -> bool:
    """Prepare the next recipients of a campaign in the background; tell whether there are more.

    Another process that has this campaign in hand is left to it.
    """
    campaign = await drafts.lock_free(tx, company.id, campaign_id)
    if campaign is None or campaign.state != "draft" or campaign.preparing is None:
        return False
    walk = msgspec.convert(campaign.preparing["walk"], Walk)
    try:
        walk = await step(tx, company, campaign_id, walk, routes=routes, limits=limits, links=links)
    except ListGone:
        await unprepared.fall_back(tx, company.id, campaign_id, unprepared.LIST_GONE)
        return False
    now_at = None if walk.done else {**campaign.preparing, "walk": msgspec.to_builtins(walk)}
    await drafts.set_preparing(tx, company.id, campaign_id, now_at)
    return not walk.done


async def step(
    tx: Tx,
    company: Company,
    campaign_id: int,
    walk: Walk,
    *,
    routes: Table,
    limits: Limits,
    links: Links | None,
    batch: int = BATCH,
) -> Walk:
    """Prepare the next recipients; return how far that has come. With the last one, the campaign is prepared. Raises ListGone.

    `links` are what `{stop}` becomes; without any, and without a number of the company, nobody gets a text that has it.
    """
    campaign = await held(tx, company.id, campaign_id)
    if campaign.last_place != walk.place:
        raise NotFound(what="preparation that is still the only one of campaign", id=campaign_id)
    await _check_lists(tx, campaign)
    people, walk = await _people(tx, campaign, walk, batch)
    if people:
        opted_out = await optouts.scopes(tx, company.id, [p.number for p in people])
        judge = _Judge(campaign, company, routes, limits, opted_out, await stop.ways(tx, company, links))
        rows = [judge.recipient(place, p) for place, p in enumerate(people, walk.place + 1)]
        await _store(tx, campaign, rows)
        walk = replace(walk, place=walk.place + len(rows))
    if walk.done:
        await drafts.set_state(tx, company.id, campaign_id, "prepared")
        await previews.note_longest(tx, company.id, campaign_id)
    return walk


async def _check_lists(tx: Tx, campaign: Campaign) -> None:
    """Raise ListGone when a list was deleted: without it people would be left out silently, or people to be left out would be written to."""
    if not await lists.are_there(tx, campaign.company_id, [*campaign.plan["lists"], *campaign.plan["without"]]):
        raise ListGone


async def _people(tx: Tx, campaign: Campaign, walk: Walk, batch: int) -> tuple[list[_Person], Walk]:
    former: int | None = campaign.plan.get("again")
    if former is not None:
        reached = await ends.page(tx, campaign.company_id, former, after=walk.again, limit=batch)
        failed = [r for r in reached if r.sms is not None and may_arrive(r.sms.status, r.sms.error)]
        last_place = reached[-1].place if reached else walk.again
        people = [_Person(r.number, r.country, dict(r.values)) for r in failed]
        return people, replace(walk, again=last_place, done=len(reached) < batch)
    company_id = campaign.company_id
    within = await lists.members(tx, company_id, campaign.plan["lists"])
    without = await lists.members(tx, company_id, campaign.plan["without"])
    if not walk.contacts_done:
        if not within:
            return [], replace(walk, contacts_done=True)
        page = await contacts.page_of(
            tx, company_id, within, without=without, after=walk.contact, upto=walk.newest, limit=batch
        )
        named = await chosen.among(tx, company_id, campaign.id, [c.number for c in page.contacts])
        people = [_Person(c.number, c.country, dict(c.attributes)) for c in page.contacts if c.number not in named]
        return people, replace(walk, contact=page.after or walk.contact, contacts_done=page.after is None)
    numbers = await chosen.page(tx, company_id, campaign.id, after=walk.number, limit=batch)
    given = [n.number for n in numbers]
    # A number has the values of its row of a file, and beside them those of its contact, in whatever lists this is.
    known = await contacts.values_of(tx, company_id, given)
    left_out = await contacts.members_among(tx, company_id, without, given) if without else set()
    last = numbers[-1].number if numbers else walk.number
    people = [
        _Person(n.number, n.country, {**known.get(n.number, {}), **(n.values or {})})
        for n in numbers
        if n.number not in left_out
    ]
    return people, replace(walk, number=last, done=len(numbers) < batch)


class _Judge:
    """One campaign as one recipient gets it."""

    def __init__(  # noqa: PLR0917 - what judging needs
        self,
        campaign: Campaign,
        company: Company,
        routes: Table,
        limits: Limits,
        opted_out: dict[str, Scope],
        stop_ways: StopWays,
    ) -> None:
        self._stop_ways = stop_ways
        self._campaign, self._company, self._routes, self._limits = campaign, company, routes, limits
        self._opted_out = opted_out
        self._template: Template = template.parse(campaign.text)
        sender = company.sender(campaign.sender)
        self._sender = sender.name if sender else ""

    def recipient(self, place: int, person: _Person) -> Recipient:
        """Return the row of a person: its segments and connector, or the reason why it is not written to."""
        values = {
            name: person.attributes[name]
            for name in self._template.variables
            if name in person.attributes and name != template.STOP
        }
        reason, count, connector_id = self._cost(person, values)
        return Recipient(place, person.number, person.country, connector_id, count, values or None, reason)

    def _cost(self, person: _Person, values: dict[str, str]) -> tuple[str | None, int, int | None]:
        scope = self._opted_out.get(person.number)
        if scope is not None and forbids(scope, self._campaign.kind):
            return OPTED_OUT, 0, None
        if not self._company.reaches(person.country):
            return COUNTRY_NOT_ALLOWED, 0, None
        if self._company.mobile_only and not _is_mobile(person):
            return NOT_MOBILE, 0, None
        number = Number(person.number, person.country, mobile=True)
        ways = self._routes.decide(number, company_id=self._company.id, sender=self._sender, kind=self._campaign.kind)
        if not ways:
            return NO_ROUTE, 0, None
        if template.STOP in self._template.variables:
            # By the longest: the route may be another one when the SMS is accepted.
            longest = self._stop_ways.longest() if self._stop_ways.has_way(ways[0]) else None
            if longest is None:
                return stop.NO_WAY, 0, None
            values = {**values, template.STOP: longest}
        text = self._template.render(values)
        if isinstance(text, Missing):
            return NO_VALUE, 0, None
        count = segments.count(text, latin1=self._routes.connectors[ways[0]].latin1)
        return (TOO_LONG, 0, None) if count > self._limits.segments else (None, count, ways[0])


def _is_mobile(person: _Person) -> bool:
    try:
        return phone.parse(person.number, country=person.country).mobile
    except NumberInvalid:
        # It was a number when it was stored; its country's plan has changed since.
        return False


async def _store(tx: Tx, campaign: Campaign, rows: Sequence[Recipient]) -> None:
    await recipients.add(tx, campaign.company_id, campaign.id, rows)
    refused = Counter(r.reason for r in rows if r.reason is not None)
    await recipients.count_refusals(tx, campaign.company_id, campaign.id, refused)
    await recipients.add_shares(tx, campaign.company_id, campaign.id, _shares(rows))
    await recipients.prepared(
        tx,
        campaign.company_id,
        campaign.id,
        last_place=rows[-1].place,
        segments=sum(r.segments for r in rows),
        refused=sum(refused.values()),
    )


def _shares(rows: Iterable[Recipient]) -> list[Share]:
    totals: dict[int, list[int]] = {}
    for row in rows:
        if row.connector_id is not None:
            total = totals.setdefault(row.connector_id, [0, 0])
            total[0] += 1
            total[1] += row.segments
    return [Share(connector, *total) for connector, total in sorted(totals.items())]
