"""The rows of each export, page by page, in the words and the time zone of whoever asked for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from smsflow.domain.account import Company
from smsflow.domain.message import public_id
from smsflow.services import inbound, searching
from smsflow.services.contacts import contacts, lists, optouts
from smsflow.services.contacts.contacts import Contact
from smsflow.services.messages import log
from smsflow.sheets.export import Cell
from smsflow.store.postgres.transactions import Tx

Rows = list[Sequence[Cell]]

PAGE: Final = 2000
_MOST_FOUND: Final = 10_000


@dataclass(frozen=True, slots=True)
class WantedFile:
    """An export as somebody asks for it: the filter as an address has it, and how its reader calls columns and values."""

    kind: str
    asked: Mapping[str, str]
    heading: Sequence[str]
    words: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    format: str = "csv"
    attributes: Sequence[str] = ()
    """The attributes of contacts that become columns."""

    def time(self, moment: datetime | None) -> str:
        """Return a moment as `27/11/2026 18:52:00`."""
        return "" if moment is None else moment.astimezone(ZoneInfo(self.timezone)).strftime("%d/%m/%Y %H:%M:%S")


async def begun(tx: Tx, company: Company, wanted: WantedFile) -> WantedFile:
    """Return an export with the columns that its rows will have."""
    if wanted.kind != "contacts":
        return wanted
    names = await contacts.attribute_names(tx, company.id, among=None)
    return replace(wanted, attributes=names, heading=[wanted.heading[0], *names, *wanted.heading[1:]])


async def page(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the next rows behind a mark, "" to begin with, and the mark to go on from, None at the end."""
    return await _KINDS[wanted.kind](tx, company, wanted, after)


async def _contacts(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    last, list_id = int(after or 0), wanted.asked.get("list", "")
    if query := wanted.asked.get("q"):
        found, mark = await contacts.search(tx, company, query, limit=_MOST_FOUND), None
    elif list_id:
        members = await lists.page_of(tx, company.id, int(list_id), after=last, limit=PAGE)
        found, mark = members.contacts, members.after
    else:
        found = await contacts.page(tx, company.id, after=last, limit=PAGE)
        mark = found[-1].id if len(found) == PAGE else None
    scopes = await optouts.scopes(tx, company.id, [c.number for c in found])
    rows: Rows = [_contact(c, wanted, scopes.get(c.number)) for c in found]
    return rows, None if mark is None else str(mark)


def _contact(c: Contact, wanted: WantedFile, scope: str | None) -> Sequence[Cell]:
    known = [c.attributes.get(name, "") for name in wanted.attributes]
    return [c.number, *known, wanted.words.get(scope or "", ""), wanted.time(c.created_at), wanted.time(c.written_at)]


async def _opt_outs(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    found = await optouts.show_opt_outs(
        tx,
        company.id,
        after=after,
        limit=PAGE,
        ending=searching.ending_of(wanted.asked.get("q", "")),
        source=wanted.asked.get("source", ""),
    )
    rows: Rows = [
        [o.number, wanted.words.get(o.scope, o.scope), wanted.words.get(o.source, o.source), wanted.time(o.since)]
        for o in found
    ]
    return rows, found[-1].number if len(found) == PAGE else None


async def _messages(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    filter_ = searching.log_filter(wanted.asked, wanted.timezone)
    found = await log.page(tx, company.id, filter_, before=int(after) if after else None, limit=PAGE)
    rows: Rows = [
        [
            m.number,
            public_id(m.id),
            wanted.time(m.created_at),
            m.sender,
            m.campaign or "",
            m.segments,
            wanted.words.get(str(int(m.status)), ""),
        ]
        for m in found.messages
    ]
    return rows, None if found.older is None else str(found.older)


async def _inbox(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    found = await inbound.of_company(
        tx,
        company.id,
        before=int(after) if after else None,
        limit=PAGE,
        ending=searching.ending_of(wanted.asked.get("q", "")),
    )
    rows: Rows = [[m.source, m.text, m.destination, m.keyword or "", wanted.time(m.received_at)] for m in found]
    return rows, str(found[-1].id) if len(found) == PAGE else None


_Reader = Callable[[Tx, Company, WantedFile, str], Awaitable[tuple[Rows, str | None]]]
_KINDS: Final[Mapping[str, _Reader]] = {
    "contacts": _contacts,
    "opt-outs": _opt_outs,
    "messages": _messages,
    "inbox": _inbox,
}
