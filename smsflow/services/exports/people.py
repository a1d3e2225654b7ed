"""The rows of people: contacts, lists and opt-outs."""

from collections.abc import Sequence
from typing import Final

from smsflow.domain.account import Company
from smsflow.services import searching
from smsflow.services.contacts import contacts, importing, lists, optouts
from smsflow.services.contacts.contacts import Contact
from smsflow.services.exports.wanted import PAGE, Rows, WantedFile
from smsflow.sheets.export import Cell
from smsflow.store.postgres.transactions import Tx

_MOST_IMPORTS: Final = 10_000


async def contacts_(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return contacts: all of them, those of a list, or those that were searched for."""
    last, list_id = int(after or 0), wanted.asked.get("list", "")
    if query := wanted.asked.get("q"):
        searched = await contacts.search(tx, company, query, before=last or None, limit=PAGE)
        found, mark = searched.contacts, searched.older
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


async def opt_outs(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return opt-outs, by their number."""
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


async def lists_(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the lists with how many contacts they have, all of them."""
    del wanted, after
    return [[one.name, one.contacts] for one in await lists.show_lists(tx, company.id)], None


async def imports_(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return imports with what they came to, the newest first."""
    del after
    return [
        [one.file_name, wanted.word(one.state), one.rows, one.new, one.invalid, wanted.time(one.created_at)]
        for one in await importing.latest(tx, company.id, limit=_MOST_IMPORTS)
    ], None
