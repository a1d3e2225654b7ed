"""One turn of a campaign: which of its next recipients are written to, and their SMS accepted, in the transaction that it is given."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache

from smsflow.domain import schedule, segments, template
from smsflow.domain.account import Company
from smsflow.domain.message import Kind, NewMessage
from smsflow.domain.optout import forbids
from smsflow.domain.phone import Number
from smsflow.domain.routing import Table
from smsflow.domain.schedule import Plan, Policy
from smsflow.domain.stop_way import StopWays
from smsflow.domain.template import Missing
from smsflow.services.campaigns import stop
from smsflow.services.campaigns.prepare import NO_ROUTE, NO_VALUE, OPTED_OUT
from smsflow.store.campaigns import recipients, written
from smsflow.store.campaigns.drafts import Campaign
from smsflow.store.campaigns.recipients import Recipient
from smsflow.store.campaigns.written import Writer
from smsflow.store.contacts import optouts, stop_links
from smsflow.store.credits import balances, reserve
from smsflow.store.messages.accept import Packed, accept_packed, pack
from smsflow.store.postgres.transactions import Tx

DAILY_LIMIT = "daily_limit"
OUTSIDE_HOURS = "outside_hours"


class Turn:
    """The work of one transaction on one campaign."""

    def __init__(  # noqa: PLR0917 - what a turn needs
        self,
        tx: Tx,
        company: Company,
        campaign: Campaign,
        plan: Plan,
        routes: Table,
        policies: Mapping[str, Policy],
        fingerprint: Callable[[str], bytes],
        now: datetime,
        stop_ways: StopWays | None,
    ) -> None:
        """Work on `campaign`; `stop_ways` are given when its text has `{stop}`."""
        self._stop_ways, self._fingerprint = stop_ways, fingerprint
        self._links: dict[int, tuple[str, str]] = {}
        self._tx, self._company, self._campaign, self._plan = tx, company, campaign, plan
        self._routes, self._policies, self._now = routes, policies, now
        # Values that all rows of a turn share are found out once: each would be a tenth of the cost of a row.
        self._is_open = cache(self._hours_are_open)
        self._ways_of = cache(self._decide)
        self._template = template.parse(campaign.text)
        sender = company.sender(campaign.sender)
        self._sender = sender.name if sender else ""
        self._writer = Writer(company.id, campaign.id)
        # By country: the day, and the most that a person gets in it.
        self._limits = {
            country: (schedule.day_of(policy, now).isoformat(), policy.per_day)
            for country, policy in policies.items()
            if policy.per_day is not None
        }
        self._packed: Packed | None = None
        self._reasons: dict[int, str] = {}
        # By place: when they may be written to again.
        self.deferred: dict[int, datetime] = {}

    @property
    def refused(self) -> int:
        """How many recipients of this turn are not written to, for a reason that was not known before."""
        return len(self._reasons)

    def within(self, rows: Sequence[Recipient], room: Mapping[int, int]) -> list[Recipient]:
        """Return the first rows that the lanes have room for and whose hours are open."""
        left = dict(room)
        taken = []
        for row in rows:
            if row.reason is None and row.connector_id is not None:
                if not self._is_open(row.country):
                    if self._plan.outside == "wait":
                        break
                    self._reasons[row.place] = OUTSIDE_HOURS
                elif left.get(lane := row.connector_id if row.connector_id in room else self._lane(row), 0) <= 0:
                    break
                else:
                    left[lane] -= 1
            taken.append(row)
        return taken

    def _lane(self, row: Recipient) -> int:
        """Return the connector where a recipient's route leads now that the prepared one is gone."""
        ways = self._ways(row)
        return ways[0] if ways else 0

    def _ways(self, row: Recipient) -> tuple[int, ...]:
        return self._ways_of(row.country, self._routes.prefix_of(row.number))

    def _decide(self, country: str, prefix: str) -> tuple[int, ...]:
        number = Number(prefix, country, mobile=True)
        return self._routes.decide(number, company_id=self._company.id, sender=self._sender, kind=self._campaign.kind)

    def _hours_are_open(self, country: str) -> bool:
        if self._campaign.kind is not Kind.MARKETING:
            return True
        policy = self._policies.get(country)
        hours = self._plan.hours & self._company.marketing_hours
        if not schedule.is_open(hours, self._company.timezone, self._now):
            return False
        return policy is None or schedule.is_open(policy.hours, policy.timezone, self._now)

    async def messages(self, taken: Sequence[Recipient], valid_until: datetime) -> list[tuple[Recipient, NewMessage]]:
        """Return the SMS of those who may be written to now; the others get their reason."""
        open_rows = [r for r in taken if r.reason is None and r.place not in self._reasons]
        scopes = await optouts.scopes(self._tx, self._company.id, [r.number for r in open_rows])
        for row in open_rows if scopes else ():
            scope = scopes.get(row.number)
            if scope is not None and forbids(scope, self._campaign.kind):
                self._reasons[row.place] = OPTED_OUT
        ready = [
            (row, message)
            for row in open_rows
            if row.place not in self._reasons and (message := self._message(row, valid_until)) is not None
        ]
        if self._campaign.kind is not Kind.MARKETING:
            return ready
        if self._limits:
            # In the order of all who accept: the company, then the people.
            await balances.lock_budgets(self._tx, [self._company.id])
        # Last: only what leaves is counted. The SMS are packed while PostgreSQL counts, for nearly always all of them leave.
        skipped, packed = await asyncio.gather(self._count_days(ready), self._pack(ready))
        if skipped:
            return [(row, message) for row, message in ready if row.place not in skipped]
        self._packed = packed
        return ready

    @staticmethod
    async def _pack(messages: Sequence[tuple[Recipient, NewMessage]]) -> Packed:
        return pack([message for _, message in messages], checked=True)

    async def _count_days(self, ready: Sequence[tuple[Recipient, NewMessage]]) -> set[int]:
        """Count what everybody gets today; return the places of those who have had enough."""
        by_limit: dict[tuple[str, int], dict[bytes, int]] = {limit: {} for limit in self._limits.values()}
        rows: dict[bytes, Recipient] = {}
        for row, message in ready:
            limit = self._limits.get(row.country)
            if limit is not None:
                person = self._fingerprint(row.number)
                by_limit[limit][person] = message.connector_id
                rows[person] = row
        had_enough: list[Recipient] = []
        # In the order of all who count people: `permission.count`.
        for (day, most), people in sorted(by_limit.items()):
            if people:
                full = await written.count_and_note(
                    self._tx, day, people, most=most, writer=self._writer, now=self._now
                )
                had_enough += [rows[person] for person in full]
        for row in had_enough:
            if self._plan.outside == "wait":
                self.deferred[row.place] = schedule.next_day(self._policies[row.country], self._now)
            else:
                self._reasons[row.place] = DAILY_LIMIT
        return {row.place for row in had_enough}

    def _message(self, row: Recipient, valid_until: datetime) -> NewMessage | None:
        ways = self._ways(row)
        if not ways:
            self._reasons[row.place] = NO_ROUTE
            return None
        values = row.values or {}
        if self._stop_ways is not None:
            way = self._stop_ways.shortest(ways[0])
            if way is None:
                self._reasons[row.place] = stop.NO_WAY
                return None
            phrase, token = way
            values = {**values, template.STOP: phrase}
            if token is not None:
                self._links[row.place] = (token, row.number)
        text = self._template.render(values)
        if isinstance(text, Missing):
            self._reasons[row.place] = NO_VALUE
            return None
        count = row.segments
        if self._stop_ways is not None:
            # It was counted with the longest way out, and is paid for what it has.
            count = min(count, segments.count(text, latin1=self._routes.connectors[ways[0]].latin1))
        # By position: names would cost as much again as the rest of it.
        return NewMessage(
            self._company.id,
            row.number,
            row.country,
            text,
            self._sender,
            self._campaign.kind,
            count,
            ways[0],
            valid_until,
            self._campaign.id,
        )

    async def accept(self, messages: Sequence[tuple[Recipient, NewMessage]]) -> dict[int, int]:
        """Take the SMS from the reserve, accept them, and note what became of every place; return how many, by connector."""
        tx, company_id, campaign_id = self._tx, self._company.id, self._campaign.id
        used = sum(m.segments for _, m in messages)
        await reserve.release(tx, company_id, used, campaign_id=campaign_id, now=self._now)
        packed = self._packed or await self._pack(messages)
        ids = await accept_packed(tx, packed, now=self._now) if messages else []
        accepted = {row.place: id_ for (row, _), id_ in zip(messages, ids, strict=True) if id_ is not None}
        if len(accepted) < len(messages):
            raise RuntimeError("a reserve did not pay for the messages that it was made for")
        await recipients.settle(tx, company_id, campaign_id, accepted, self._reasons)
        await recipients.count_refusals(tx, company_id, campaign_id, Counter(self._reasons.values()))
        links = [self._links[row.place] for row, _ in messages if row.place in self._links]
        if links:
            await stop_links.add(tx, company_id, links, campaign_id=campaign_id, now=self._now)
        if self._campaign.kind is Kind.MARKETING:
            # Those who are counted are noted where they are counted.
            others = [m for _, m in messages if m.country not in self._limits]
            if others:
                wrote = [(self._writer, m.connector_id, self._fingerprint(m.number)) for m in others]
                await written.note(tx, wrote, now=self._now)
        return dict(Counter(m.connector_id for _, m in messages))
