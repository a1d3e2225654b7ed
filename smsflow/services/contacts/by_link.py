"""Opting out by link: looking changes nothing, because previews open links; only asking does."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import stop_way
from smsflow.domain.optout import Scope
from smsflow.errors import TooManyRequests
from smsflow.services.contacts.optouts import opt_out
from smsflow.store.accounts import attempts, companies
from smsflow.store.campaigns import responses
from smsflow.store.campaigns.responses import Caused
from smsflow.store.contacts import optouts, stop_links
from smsflow.store.postgres.transactions import Tx

# Behind one address of a mobile operator are thousands of handsets: those who were sent a link opt out, however many others guess.
_MOST_MISSES = 20
_PERIOD = 600.0
_DOOR = "stop-link"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who opened their link."""

    company_id: int
    company: str
    number: str
    opted_out: bool
    campaign_id: int | None


async def look(tx: Tx, name: str, *, address: str, now: datetime) -> Reader | None:
    """Return whom a link was made for, or None, which is counted for the `address` that asks; raise TooManyRequests after too many."""
    found = stop_way.read(name)
    link = None if found is None else await stop_links.find(tx, *found)
    company = None if found is None or link is None else await companies.company(tx, found[0])
    if link is None or company is None:
        misses, wait = await attempts.standing(tx, _DOOR, address, period=_PERIOD, now=now)
        if misses >= _MOST_MISSES:
            raise TooManyRequests(retry_after=int(wait) + 1)
        await attempts.count_attempt(tx, _DOOR, address, period=_PERIOD, now=now)
        return None
    scopes = await optouts.scopes(tx, company.id, [link.number])
    return Reader(company.id, company.name, link.number, link.number in scopes, link.campaign_id)


async def ask(tx: Tx, name: str, *, address: str, now: datetime) -> Reader | None:
    """Opt the person out whom a link was made for; return them, or None. A second time changes nothing."""
    reader = await look(tx, name, address=address, now=now)
    if reader is not None and not reader.opted_out:
        changed = await opt_out(
            tx, reader.company_id, [reader.number], scope=Scope.MARKETING, source="link", author=reader.number, now=now
        )
        if changed and reader.campaign_id is not None:
            await responses.add(tx, Caused(Counter({(reader.company_id, reader.campaign_id): 1})))
    return reader
