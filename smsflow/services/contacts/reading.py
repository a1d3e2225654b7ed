"""A row of a file as the contact that it becomes, or the reason why it becomes none."""

from collections.abc import Iterable
from dataclasses import dataclass

from smsflow.domain import contact as rules
from smsflow.domain.account import Company
from smsflow.domain.contact import NumberFault
from smsflow.domain.phone import Number
from smsflow.errors import ParameterInvalid
from smsflow.sheets.row import Record

NOT_MOBILE = "number_not_mobile"
TOO_MANY_ATTRIBUTES = "attributes_invalid"
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class PersonOfRow:
    """The number to write to, and the attributes as they are stored, other numbers among them."""

    number: Number
    attributes: dict[str, str]


def person(record: Record, company: Company) -> PersonOfRow | str:
    """Return the person that a row is, or the reason why the company cannot have it as a contact."""
    read = rules.read_numbers(record.numbers, country=company.country)
    if isinstance(read, NumberFault):
        return read.value
    if company.mobile_only and not read.first.mobile:
        return NOT_MOBILE
    try:
        return PersonOfRow(read.first, rules.attributes_of({**record.attributes, **read.attributes}))
    except ParameterInvalid:
        return TOO_MANY_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A row before it is imported: the person that it is, the reason why it becomes no contact, or both for a DUPLICATE."""

    person: PersonOfRow | None
    reason: str | None


def look(records: Iterable[Record], company: Company) -> list[LookedAt]:
    """Return what becomes of each of the first rows of a file; a DUPLICATE has the number of an earlier one."""
    found: list[LookedAt] = []
    seen: set[str] = set()
    for record in records:
        read = person(record, company)
        if isinstance(read, str):
            found.append(LookedAt(None, read))
            continue
        found.append(LookedAt(read, DUPLICATE if read.number.e164 in seen else None))
        seen.add(read.number.e164)
    return found
