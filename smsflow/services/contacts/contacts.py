"""Contacts, one by one and as files."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from smsflow.domain import phone
from smsflow.domain.account import Company
from smsflow.domain.contact import MAX_ATTRIBUTES
from smsflow.errors import NotFound, NumberInvalid, ParameterInvalid
from smsflow.services.contacts import files
from smsflow.services.contacts.lists import lists_named
from smsflow.store.contacts import contacts, lists
from smsflow.store.contacts.contacts import Written
from smsflow.store.contacts.searching import SearchedContacts, beginning
from smsflow.store.postgres.transactions import Tx

Contact = contacts.Contact
page = contacts.page
attribute_names = contacts.attribute_names

_PAGE = 5000


async def find(tx: Tx, company: Company, number: str) -> Contact:
    """Return the contact with a number as it was typed; raise NotFound."""
    e164 = phone.parse(number, country=company.country).e164
    found = await contacts.find(tx, company.id, e164)
    if found is None:
        raise NotFound(what="contact", id=e164)
    return found


async def put(
    tx: Tx, company: Company, number: str, attributes: Mapping[str, str | None], *, source: str, now: datetime
) -> str:
    """Add a contact, or change the one with this number as it was typed; return the number.

    An attribute that is None is removed. Raises NumberInvalid, and ParameterInvalid when it would have too many attributes.
    """
    parsed = phone.parse(number, country=company.country)
    wanted = contacts.NewContact(0, parsed.e164, parsed.country, attributes)
    written = await contacts.write(tx, company.id, [wanted], source=source, update=True, now=now)
    if any(outcome is Written.FULL for _, outcome in written.values()):
        raise ParameterInvalid(parameter="attributes", expected=f"a contact has at most {MAX_ATTRIBUTES}")
    return parsed.e164


async def search(tx: Tx, company: Company, wanted: str, *, before: int | None = None, limit: int) -> SearchedContacts:
    """Return the contact with the number that is typed, else those of whom a value begins with it, older than an id."""
    try:
        found = await contacts.find(tx, company.id, phone.parse(wanted, country=company.country).e164)
    except NumberInvalid:
        found = None
    if found is not None:
        return SearchedContacts([found], None)
    return await beginning(tx, company.id, wanted, before=before, limit=limit)


async def delete(tx: Tx, company: Company, number: str) -> str:
    """Delete the contact with a number as it was typed, and return the number; an opt-out stays. Raises NotFound."""
    e164 = phone.parse(number, country=company.country).e164
    await lists.keep(tx, company.id)
    if not await contacts.delete(tx, company.id, e164):
        raise NotFound(what="contact", id=e164)
    return e164


async def export(tx: Tx, company_id: int, file: Path, *, list_name: str | None = None) -> int:
    """Write contacts, of one list or all, into a CSV or XLSX file; return how many there were."""
    files.check(file)
    found = await _every(tx, company_id, list_name)
    names = sorted({name for c in found for name in c.attributes})

    def rows() -> Iterator[tuple[str, ...]]:
        for c in found:
            yield (c.number, *(c.attributes.get(name, "") for name in names))

    files.write(file, ("number", *names), rows())
    return len(found)


async def _every(tx: Tx, company_id: int, list_name: str | None) -> list[Contact]:
    within = [] if list_name is None else await lists_named(tx, company_id, [list_name])
    members = await lists.members(tx, company_id, within)
    found: list[Contact] = []
    after: int | None = 0
    while after is not None:
        if list_name is None:
            following = await contacts.page(tx, company_id, after=after, limit=_PAGE)
            after = following[-1].id if len(following) == _PAGE else None
        else:
            page_of = await contacts.page_of(tx, company_id, members, after=after, limit=_PAGE)
            following, after = page_of.contacts, page_of.after
        found += following
    return found
