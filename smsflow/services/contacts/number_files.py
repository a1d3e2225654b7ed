"""Files of numbers that a campaign writes to: a list of numbers, or any file with a column of them."""

from itertools import islice
from pathlib import Path

from smsflow.domain import contact as rules
from smsflow.domain.account import Company
from smsflow.domain.contact import NumberFault
from smsflow.errors import ParameterInvalid
from smsflow.services.contacts.reading import NOT_MOBILE
from smsflow.sheets.cells import looks_like_number
from smsflow.sheets.columns import NUMBER, Mapping, records
from smsflow.sheets.layout import SAMPLE_ROWS, Layout, inspect, rows
from smsflow.sheets.preview import preview


def numbers(file: Path, company: Company) -> list[str]:
    """Return the numbers of a file: one for each person of a table, mobile ones first, and all of a file that has nothing else.

    Raises SheetUnreadable, and ParameterInvalid for rows without a number: nobody is left out unsaid.
    """
    layout = inspect(file)
    alone = _has_nothing_else(file, layout)
    mapping = _all_columns(preview(file, layout).mapping) if alone else preview(file, layout).mapping
    if not mapping.has_number:
        raise ParameterInvalid(parameter="numbers", expected="a file with a column of phone numbers")
    found: dict[str, None] = {}
    faults: list[str] = []
    for record in records(rows(file, layout), mapping):
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


def _has_nothing_else(file: Path, layout: Layout) -> bool:
    """Tell whether a file has no headings, and nothing but numbers in its first rows."""
    if layout.headings:
        return False
    sample = islice(rows(file, layout), SAMPLE_ROWS)
    return all(looks_like_number(cell) for row in sample for cell in row.cells if cell.strip())


def _all_columns(mapping: Mapping) -> Mapping:
    for column in mapping.columns:
        mapping = mapping.with_field(str(column.index + 1), NUMBER)
    return mapping
