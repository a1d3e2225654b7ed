"""Files of numbers that a campaign writes to: a list of numbers, or any file with a column of them."""

from pathlib import Path

from smsflow.domain.account import Company
from smsflow.errors import ParameterInvalid
from smsflow.services.contacts.reading import person
from smsflow.sheets.columns import NUMBER, records
from smsflow.sheets.layout import rows
from smsflow.sheets.preview import preview


def numbers(file: Path, company: Company) -> dict[str, dict[str, str]]:
    """Return the numbers of a file, each with the values of its row: one for each person of a table, and all of a file that has nothing else.

    Raises SheetUnreadable, and ParameterInvalid for rows without a number: nobody is left out silently.
    """
    seen = preview(file)
    mapping, alone = seen.mapping, not seen.layout.headings and all(c.field == NUMBER for c in seen.mapping.columns)
    if not mapping.has_number:
        raise ParameterInvalid(parameter="numbers", expected="a file with a column of phone numbers")
    found: dict[str, dict[str, str]] = {}
    faults: list[str] = []
    for record in records(rows(file, seen.layout), mapping):
        read = person(record, company)
        if isinstance(read, str):
            faults.append(f"row {record.row} ({' '.join(record.numbers)[:40]}) is {read}")
        elif alone:
            found.update((number, {}) for number in (read.number.e164, *read.attributes.values()))
        else:
            found.setdefault(read.number.e164, read.attributes)
    if faults:
        more = f", and {len(faults) - 1} more rows are so" if faults[1:] else ""
        raise ParameterInvalid(
            parameter="numbers", expected=f"a phone number in each row; {faults[0]}{more}: correct or remove them"
        )
    return found
