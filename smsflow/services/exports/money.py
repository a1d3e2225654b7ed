"""The rows of money: the statement of a month, and the lines of the ledger."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from smsflow.domain.account import Company
from smsflow.services import credits, statements
from smsflow.services.exports.wanted import PAGE, Rows, WantedFile
from smsflow.services.statements import Month, MonthEntry, Statement
from smsflow.sheets.export import Cell
from smsflow.store.postgres.snapshot import one_snapshot
from smsflow.store.postgres.transactions import Tx


async def statement(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the movements of a month between its balances, the oldest first: all of them at once, so that they add up."""
    del after
    month = statements.month_of(wanted.asked.get("month", ""), wanted.timezone)
    if month is None:
        raise LookupError(wanted.asked)
    await one_snapshot(tx)
    found = await statements.of_month(tx, company.id, month)
    return _printed(month, found, wanted) if wanted.paper else _table(found, wanted), None


def _table(found: Statement, wanted: WantedFile) -> Rows:
    return [
        [wanted.word("opening"), "", found.sums.opening],
        *(_row(entry, wanted) for entry in reversed(found.entries)),
        [wanted.word("closing"), "", found.sums.closing],
    ]


def _row(entry: MonthEntry, wanted: WantedFile) -> Sequence[Cell]:
    return [
        wanted.day(entry.last),
        wanted.word(entry.cause),
        entry.credits,
        entry.reserved,
        entry.messages,
        entry.campaign,
        entry.note,
    ]


def _printed(month: Month, found: Statement, wanted: WantedFile) -> Rows:
    """Return the rows as they are printed: sums have no day."""
    sums = found.sums
    return [
        ["", wanted.word("opening"), wanted.day(month.first), "", "", wanted.number(sums.opening)],
        *(
            [
                wanted.day(entry.last),
                wanted.word(entry.cause),
                entry.campaign or entry.note,
                wanted.number(entry.messages) if entry.messages else "",
                wanted.number(entry.reserved, signed=True) if entry.reserved else "",
                wanted.number(entry.credits, signed=True),
            ]
            for entry in reversed(found.entries)
        ),
        ["", wanted.word("bought"), "", "", "", wanted.number(sums.bought, signed=True)],
        ["", wanted.word("given back"), "", "", "", wanted.number(sums.returned, signed=True)],
        ["", wanted.word("charged"), "", "", "", wanted.number(-sums.charged, signed=True)],
        ["", wanted.word("closing"), "", "", "", wanted.number(sums.closing)],
    ]


async def ledger(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the lines of the ledger, of some days or of one cause, the newest first."""
    asked, before = wanted.asked, int(after) if after else None
    if "from" in asked and "to" in asked:
        zone = ZoneInfo(wanted.timezone)
        since = datetime.combine(date.fromisoformat(asked["from"]), time(), zone)
        until = datetime.combine(date.fromisoformat(asked["to"]) + timedelta(days=1), time(), zone)
        found = await credits.lines_between(tx, company.id, since=since, until=until, before=before, limit=PAGE)
    else:
        reason = next((known for known in credits.REASONS if known == asked.get("reason")), None)
        found = await credits.statement_lines(tx, company.id, reason=reason, before=before, limit=PAGE)
    rows: Rows = [
        [
            wanted.time(line.at),
            wanted.word(line.reason),
            line.amount,
            line.reserved,
            line.messages,
            line.campaign or "",
            line.note,
        ]
        for line in found
    ]
    return rows, str(found[-1].id) if len(found) == PAGE else None
