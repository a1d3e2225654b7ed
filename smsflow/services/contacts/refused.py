"""The rows of an import that became no contact, as a table that can be corrected and imported again."""

from collections.abc import Iterator

from smsflow.services.contacts import importing
from smsflow.services.contacts.importing import ImportPlan, RefusedRow
from smsflow.sheets.columns import IGNORED, NUMBER
from smsflow.store.postgres.transactions import Tx

_PAGE = 1000


def headings(plan: ImportPlan, number: str = NUMBER) -> list[str]:
    """Return the headings of the cells that are kept of each row: those of the file, and `number` for one without."""
    columns = plan.columns.columns
    numbers = [c.heading or number for c in columns if c.field == NUMBER]
    return [*numbers, *(c.heading or c.field for c in columns if c.field not in {NUMBER, IGNORED})]


def cells(plan: ImportPlan, row: RefusedRow) -> list[str]:
    """Return the cells of a row below their headings: cells of numbers that were empty are not kept."""
    columns = plan.columns.columns
    numbers = sum(c.field == NUMBER for c in columns)
    given = len(row.cells) - sum(c.field not in {NUMBER, IGNORED} for c in columns)
    return [*row.cells[:given], *[""] * (numbers - given), *row.cells[given:]]


async def every(tx: Tx, company_id: int, import_id: int) -> list[RefusedRow]:
    """Return all the rows that became no contact, in their order."""
    found: list[RefusedRow] = []
    while following := await importing.refused_rows(
        tx, company_id, import_id, after=found[-1].row if found else 0, limit=_PAGE
    ):
        found += following
    return found


def rows(plan: ImportPlan, found: list[RefusedRow]) -> Iterator[list[str]]:
    """Yield rows with their number in the file and their reason."""
    return ([str(row.row), row.reason, *cells(plan, row)] for row in found)
