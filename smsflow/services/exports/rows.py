"""The rows of each export, page by page, in the words and the time zone of whoever asked for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from smsflow.domain.account import Company
from smsflow.services.campaigns import export
from smsflow.services.contacts import contacts
from smsflow.services.exports import money, people, team, traffic
from smsflow.services.exports.wanted import Rows, WantedFile
from smsflow.store.postgres.transactions import Tx


async def begun(tx: Tx, company: Company, wanted: WantedFile) -> WantedFile:
    """Return an export with the columns that its rows will have; raise NotFound for a campaign that there is not."""
    if wanted.kind == "contacts":
        names = await contacts.attribute_names(tx, company.id, among=None)
    elif wanted.kind == "campaign":
        names = await export.variables(tx, company.id, int(wanted.asked["campaign"]))
    else:
        return wanted
    return replace(wanted, attributes=names, heading=[wanted.heading[0], *names, *wanted.heading[1:]])


async def page(tx: Tx, company: Company, wanted: WantedFile, after: str, *, now: datetime) -> tuple[Rows, str | None]:
    """Return the next rows behind a mark, "" to begin with, and the mark to go on from, None at the end."""
    if wanted.kind == "codes":
        return await traffic.codes(tx, company, wanted, after, now=now)
    return await _KINDS[wanted.kind](tx, company, wanted, after)


_Reader = Callable[[Tx, Company, WantedFile, str], Awaitable[tuple[Rows, str | None]]]
_KINDS: Final[Mapping[str, _Reader]] = {
    "contacts": people.contacts_,
    "opt-outs": people.opt_outs,
    "messages": traffic.messages,
    "inbox": traffic.inbox,
    "campaign": traffic.campaign,
    "campaigns": traffic.campaigns,
    "lists": people.lists_,
    "imports": people.imports_,
    "templates": traffic.texts,
    "statement": money.statement,
    "ledger": money.ledger,
    "team": team.team,
    "audit": team.acts,
    "senders": team.senders_,
}
