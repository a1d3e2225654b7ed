"""Opt-outs as files: the lists that a company brings along, and its own to take away."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from smsflow.domain import contact as rules
from smsflow.domain.account import Company
from smsflow.domain.contact import NumberFault
from smsflow.services.contacts import files, optouts
from smsflow.sheets.row import Record
from smsflow.store.postgres.transactions import Tx

BATCH = 1000
_PAGE = 5000


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """The result of some rows: numbers that opted out now, those that had before, and rows without a number by reason."""

    new: int
    unchanged: int
    invalid: Counter[str]


async def bring_in(
    tx: Tx, company: Company, records: Sequence[Record], *, scope: str, author: str, reason: str, now: datetime
) -> BroughtIn:
    """Opt out all the numbers of some rows; a person with two wants neither to be written to."""
    numbers: dict[str, None] = {}
    invalid: Counter[str] = Counter()
    for record in records:
        read = rules.read_numbers(record.numbers, country=company.country)
        if isinstance(read, NumberFault):
            invalid[read.value] += 1
        else:
            numbers |= dict.fromkeys(number.e164 for number in (read.first, *read.others))
    changed = await optouts.opt_out(
        tx, company.id, list(numbers), scope=scope, source="import", author=author, reason=reason, now=now
    )
    return BroughtIn(len(changed), len(numbers) - len(changed), invalid)


async def export(tx: Tx, company_id: int, file: Path) -> int:
    """Write a company's opt-outs into a CSV or XLSX file; return how many there were."""
    files.check(file)
    found: list[optouts.OptOut] = []
    while True:
        after = found[-1].number if found else ""
        following = await optouts.show_opt_outs(tx, company_id, after=after, limit=_PAGE)
        found += following
        if len(following) < _PAGE:
            break
    files.write(file, ("number", "scope", "source", "since"), [(o.number, o.scope, o.source, o.since) for o in found])
    return len(found)
