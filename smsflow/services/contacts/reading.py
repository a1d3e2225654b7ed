"""A row of a file as the contact that it becomes, or the reason why it becomes none."""

from dataclasses import dataclass

from smsflow.domain import contact as rules
from smsflow.domain.account import Company
from smsflow.domain.contact import NumberFault
from smsflow.domain.phone import Number
from smsflow.errors import ParameterInvalid
from smsflow.sheets.row import Record

NOT_MOBILE = "number_not_mobile"
TOO_MANY_ATTRIBUTES = "attributes_invalid"


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
