"""Permission to write to a number: opt-outs, hours and daily limits, looked at in the transaction that accepts an SMS.

The opt-outs of a company are read here and by its contacts and campaigns, so they are rows of the store and not a service above this one.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from smsflow.domain import schedule
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage
from smsflow.domain.optout import forbids
from smsflow.domain.schedule import Policy
from smsflow.errors import DailyLimitReached, OptedOut, OutsideHours, Refused
from smsflow.store.accounts import companies
from smsflow.store.campaigns import policies, written
from smsflow.store.campaigns.written import Writer
from smsflow.store.contacts import optouts
from smsflow.store.postgres.transactions import Tx

Fingerprint = Callable[[str], bytes]


async def hold(tx: Tx, batch: Sequence[NewMessage]) -> None:
    """Keep people from opting out of the marketing in `batch` until the transaction ends; before companies are locked."""
    companies_ = {m.company_id for m in batch if m.kind is Kind.MARKETING}
    if companies_:
        await optouts.open_marketing(tx, *companies_)


async def judge(
    tx: Tx, company_id: int, batch: Sequence[NewMessage], *, opted_out_of_all: bool, now: datetime
) -> list[Refused | None]:
    """Return why each message of a company, which is locked, may not be sent to its number, or None; days are counted by `count`."""
    verdicts: list[Refused | None] = [None] * len(batch)
    marketing = [place for place, m in enumerate(batch) if m.kind is Kind.MARKETING]
    if marketing or opted_out_of_all:
        scopes = await optouts.scopes(tx, company_id, list({m.number for m in batch}))
        for place, m in enumerate(batch):
            scope = scopes.get(m.number)
            if scope is not None and forbids(scope, m.kind):
                verdicts[place] = OptedOut(number=m.number, scope=scope.value)
    if marketing:
        company = await companies.company(tx, company_id)
        rules = await policies.every(tx)
        for place in marketing:
            if verdicts[place] is None and company is not None:
                verdicts[place] = _hours(batch[place], company, rules.get(batch[place].country), now)
    return verdicts


async def count(
    tx: Tx, batch: Sequence[NewMessage], *, fingerprint: Fingerprint, now: datetime
) -> dict[int, DailyLimitReached]:
    """Count the marketing of a batch for its days and people; return by place what is beyond a limit.

    For all companies at once: those who write to the same people count them in one order.
    """
    marketing = [place for place, m in enumerate(batch) if m.kind is Kind.MARKETING]
    if not marketing:
        return {}
    rules = await policies.every(tx)
    days = {place: day for place in marketing if (day := _day(batch[place], rules, now)) is not None}
    people = {place: fingerprint(batch[place].number) for place in days}
    beyond = await _beyond_limit(tx, days, people)
    return {place: DailyLimitReached(number=batch[place].number, limit=days[place].most) for place in beyond}


def _hours(message: NewMessage, company: Company, policy: Policy | None, now: datetime) -> Refused | None:
    windows = [(company.marketing_hours, company.timezone)]
    if policy is not None:
        windows.append((policy.hours, policy.timezone))
    wanted = message.due_at or now
    opens = schedule.next_open(windows, wanted)
    if opens == wanted:
        return None
    local = None if opens is None else opens.astimezone(ZoneInfo(company.timezone))
    return OutsideHours(number=message.number, opens=local)


class _Day(NamedTuple):
    """The day that an SMS counts for, and the most that a person gets in it."""

    date: str
    most: int


def _day(message: NewMessage, rules: dict[str, Policy], now: datetime) -> _Day | None:
    policy = rules.get(message.country)
    if policy is None or policy.per_day is None:
        return None
    return _Day(schedule.day_of(policy, message.due_at or now).isoformat(), policy.per_day)


async def _beyond_limit(tx: Tx, days: Mapping[int, _Day], people: Mapping[int, bytes]) -> list[int]:
    """Count one SMS for the day and the person at each place; return the places for which the day was full."""
    # Of several to one person, each is counted by itself.
    rounds: dict[tuple[_Day, int], dict[bytes, int]] = {}
    seen: Counter[tuple[_Day, bytes]] = Counter()
    for place, day in days.items():
        person = people[place]
        rounds.setdefault((day, seen[day, person]), {})[person] = place
        seen[day, person] += 1
    beyond = []
    for (day, _), places in sorted(rounds.items(), key=lambda one: one[0]):
        allowed = await written.count(tx, day.date, list(places), most=day.most)
        beyond += [place for person, place in places.items() if person not in allowed]
    return beyond


async def uncount(tx: Tx, unpaid: Sequence[NewMessage], *, fingerprint: Fingerprint, now: datetime) -> None:
    """Take back what was counted for marketing that cannot be paid."""
    marketing = [m for m in unpaid if m.kind is Kind.MARKETING]
    if not marketing:
        return
    rules = await policies.every(tx)
    people: dict[str, list[bytes]] = {}
    for m in marketing:
        day = _day(m, rules, now)
        if day is not None:
            people.setdefault(day.date, []).append(fingerprint(m.number))
    for date in sorted(people):
        await written.uncount(tx, date, people[date])


async def note_writers(tx: Tx, accepted: Sequence[NewMessage], *, fingerprint: Fingerprint, now: datetime) -> None:
    """Note that these companies wrote marketing to these people: an answer without a keyword is for the last of them."""
    wrote = [
        (Writer(m.company_id, m.campaign_id), m.connector_id, fingerprint(m.number))
        for m in accepted
        if m.kind is Kind.MARKETING
    ]
    if wrote:
        await written.note(tx, wrote, now=now)
