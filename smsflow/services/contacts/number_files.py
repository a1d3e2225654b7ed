"""Files of numbers that a campaign writes to: a list of numbers, or any file with a column of them."""

from pathlib import Path

from smsflow.domain import contact as rules
from smsflow.domain.account import Company
from smsflow.domain.contact import NumberFault
from smsflow.errors import ParameterInvalid
from smsflow.services.contacts.reading import NOT_MOBILE
from smsflow.sheets.columns import NUMBER, records
from smsflow.sheets.layout import rows
from smsflow.sheets.preview import preview


def numbers(file: Path, company: Company) -> list[str]:
    """Return the numbers of a file: one for each person of a table, mobile ones first, and all of a file that has nothing else.

    Raises SheetUnreadable, and ParameterInvalid for rows without a number: nobody is left out silently.
    """
    seen = preview(file)
    mapping, alone = seen.mapping, not seen.layout.headings and all(c.field == NUMBER for c in seen.mapping.columns)
    if not mapping.has_number:
        raise ParameterInvalid(parameter="numbers", expected="a file with a column of phone numbers")
    found: dict[str, None] = {}
    faults: list[str] = []
    for record in records(rows(file, seen.layout), mapping):
        read = rules.read_numbers(record.numbers, country=company.country)
        if isinstance(read, NumberFault):
            faults.append(f"row {record.row} ({' '.join(record.numbers)[:40]}) is {read.value}")
        elif company.mobile_only and not read.first.mobile:
            faults.append(f"row {record.row} ({read.first.e164}) is {NOT_MOBILE}")
        else:
            found |= dict.fromkeys(n.e164 for n in ((read.first, *read.others) if alone else (read.first,)))
    if faults:
        more = f", and {len(faults) - 1} more rows are so" if faults[1:] else ""
        raise ParameterInvalid(
            parameter="numbers", expected=f"a phone number in each row; {faults[0]}{more}: correct or remove them"
        )
    return list(found)
