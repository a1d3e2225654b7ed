"""Importing contacts from a file: begun, read in batches that are committed one by one, stopped, and undone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

import msgspec

from smsflow.domain.account import Company
from smsflow.errors import NotFound, ParameterInvalid, StateRefused
from smsflow.services.contacts.reading import TOO_MANY_ATTRIBUTES, person
from smsflow.sheets.columns import Mapping as Columns
from smsflow.sheets.layout import FileKind, Layout
from smsflow.sheets.row import Record
from smsflow.store.contacts import contacts, import_rows, imports, lists, optouts
from smsflow.store.contacts.contacts import NewContact, Written
from smsflow.store.contacts.import_rows import Undone
from smsflow.store.contacts.imports import Counted
from smsflow.store.postgres.transactions import Tx

ContactImport = imports.ContactImport
RefusedRow = imports.RefusedRow

BATCH = 1000
LARGEST_FILE = 100 * 1024 * 1024
MOST_ROWS = 1_000_000
OPEN = frozenset({"waiting", "running"})
UNDO_WITHIN = timedelta(days=30)
_UNDONE_FROM = ("finished", "stopped", "failed")
_UNDO_BATCH = 2000


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How a file is read and what becomes of its rows; `lists` by id."""

    layout: Layout
    columns: Columns
    update: bool = True
    clear_empty: bool = False
    lists: tuple[int, ...] = ()


async def begin(tx: Tx, company_id: int, *, file_name: str, size: int, plan: ImportPlan, now: datetime) -> int:
    """Begin an import; return its id. Its file is added in chunks, in the same transaction."""
    if size > LARGEST_FILE:
        raise ParameterInvalid(parameter="file", expected=f"a file of at most {LARGEST_FILE // 1024 // 1024} MB")
    if not plan.columns.has_number:
        raise ParameterInvalid(parameter="file", expected="a column with phone numbers: say which one it is")
    stored = msgspec.to_builtins(plan)
    return await imports.add(tx, company_id, file_name=file_name, plan=stored, state="waiting", size=size, now=now)


async def receive(tx: Tx, company_id: int, *, file_name: str, size: int, plan: ImportPlan, now: datetime) -> int:
    """Keep a file that a person will look at before it is read; return the import's id. `start` begins it."""
    stored = msgspec.to_builtins(plan)
    return await imports.add(tx, company_id, file_name=file_name, plan=stored, state="checking", size=size, now=now)


async def change(tx: Tx, company_id: int, import_id: int, plan: ImportPlan) -> None:
    """Change how a file is read that nothing was read from yet; raise NotFound, or ParameterInvalid once it has begun."""
    found = await imports.lock(tx, company_id, import_id)
    if found is None:
        raise NotFound(what="import", id=import_id)
    if found.state != "checking":
        raise ParameterInvalid(parameter="import", expected="one that has not begun")
    await imports.set_plan(tx, company_id, import_id, msgspec.to_builtins(plan))


async def start(tx: Tx, company_id: int, import_id: int, plan: ImportPlan) -> None:
    """Have a file read that a person has looked at; raise as `change` does, and ParameterInvalid without a column of numbers."""
    if not plan.columns.has_number:
        raise ParameterInvalid(parameter="file", expected="a column with phone numbers: say which one it is")
    await change(tx, company_id, import_id, plan)
    await imports.set_state(tx, company_id, import_id, "waiting")


async def write_file(tx: Tx, found: ContactImport, file: BinaryIO) -> None:
    """Write an import's file, of a CSV or vCard file its beginning, into `file`: enough to look at its first rows."""
    place, only_first = 0, plan_of(found).layout.kind is not FileKind.WORKBOOK
    while (body := await imports.chunk(tx, found.company_id, found.id, place)) is not None:
        file.write(body)
        place += 1
        if only_first:
            return


add_chunk = imports.add_chunk
note_begun = imports.note_begun
chunk = imports.chunk


def plan_of(found: ContactImport) -> ImportPlan:
    """Return the plan that an import was begun with."""
    return msgspec.convert(found.plan, ImportPlan)


async def show(tx: Tx, company_id: int, import_id: int) -> ContactImport:
    """Return an import; raise NotFound."""
    found = await imports.find(tx, company_id, import_id)
    if found is None:
        raise NotFound(what="import", id=import_id)
    return found


async def latest(tx: Tx, company_id: int, *, limit: int = 50) -> list[ContactImport]:
    """Return the company's imports, newest first."""
    return await imports.latest(tx, company_id, limit=limit)


async def waiting(tx: Tx) -> list[ContactImport]:
    """Return the imports of all companies that wait or run."""
    return await imports.open_imports(tx)


async def company_of(tx: Tx, import_id: int) -> int:
    """Return the company of an import; raise NotFound. For the platform's own administrator."""
    company_id = await imports.company_of(tx, import_id)
    if company_id is None:
        raise NotFound(what="import", id=import_id)
    return company_id


async def step(
    tx: Tx, company: Company, import_id: int, records: Sequence[Record], *, after: int, last: bool, now: datetime
) -> ContactImport | None:
    """Write the contacts of the next rows, those after row `after`; return the import as it is then.

    Returns None when somebody else has read these rows, and the import unchanged when it was asked to stop.
    """
    found = await imports.lock(tx, company.id, import_id)
    if found is None or found.next_row != after or found.state not in OPEN:
        return None
    if found.wanted_stop:
        await _end(tx, found, "stopped", now=now)
        return await imports.find(tx, company.id, import_id)
    too_many = found.rows + len(records) > MOST_ROWS
    records = records[: MOST_ROWS - found.rows]
    batch = _Batch(company, plan_of(found))
    for record in records:
        batch.take(record)
    earlier = await imports.seen(tx, company.id, import_id, list(batch.people))
    people = [p for number, p in batch.people.items() if number not in earlier]
    # A list that somebody has deleted meanwhile takes nobody in.
    kept = await lists.keep(tx, company.id)
    answers = await contacts.write(
        tx,
        company.id,
        people,
        source="import",
        update=batch.plan.update,
        lists=[list_id for list_id in batch.plan.lists if list_id in kept],
        import_id=import_id,
        now=now,
    )
    outcomes = Counter(outcome for _, outcome in answers.values())
    batch.refuse_full({number for number, (_, outcome) in answers.items() if outcome is Written.FULL}, records)
    opted_out = await optouts.scopes(
        tx, company.id, [number for number, (_, outcome) in answers.items() if outcome is not Written.FULL]
    )
    await imports.refuse(tx, company.id, import_id, batch.refused)
    counted = Counted(
        rows=len(records),
        new=outcomes[Written.NEW],
        updated=outcomes[Written.UPDATED],
        unchanged=outcomes[Written.UNCHANGED],
        duplicate=batch.duplicates + len(earlier),
        invalid=len(batch.refused),
        opted_out=len(opted_out),
    )
    reasons = Counter(found.reasons) + Counter(r.reason for r in batch.refused)
    next_row = records[-1].row if records else after
    await imports.move(tx, company.id, import_id, next_row=next_row, counted=counted, reasons=reasons)
    if too_many:
        why = f"The file has more than {MOST_ROWS} rows; those after row {next_row} were not read: import them as a file of their own."
        await _end(tx, found, "failed", why=why, now=now)
    elif last:
        await _end(tx, found, "finished", now=now)
    return await imports.find(tx, company.id, import_id)


class _Batch:
    """The people of a batch of rows, each number once, and the rows that are no people."""

    def __init__(self, company: Company, plan: ImportPlan) -> None:
        self._company, self.plan = company, plan
        self.people: dict[str, NewContact] = {}
        self.refused: list[RefusedRow] = []
        self.duplicates = 0

    def take(self, record: Record) -> None:
        """Take one row: of a number twice in the file, the first row stands."""
        read = person(record, self._company)
        if isinstance(read, str):
            self._refuse(record, read)
        elif read.number.e164 in self.people:
            self.duplicates += 1
        else:
            self.people[read.number.e164] = NewContact(
                record.row,
                read.number.e164,
                read.number.country,
                _stored(record.attributes, read.attributes, clear=self.plan.clear_empty),
            )

    def refuse_full(self, numbers: Collection[str], records: Sequence[Record]) -> None:
        """Refuse the rows whose contacts have too many attributes with what they had before."""
        rows = {self.people[number].place for number in numbers}
        for record in records if rows else ():
            if record.row in rows:
                self._refuse(record, TOO_MANY_ATTRIBUTES)

    def _refuse(self, record: Record, reason: str) -> None:
        cells = (*record.numbers, *record.attributes.values())
        self.refused.append(RefusedRow(record.row, reason, cells))


def _stored(given: Mapping[str, str], kept: Mapping[str, str], *, clear: bool) -> dict[str, str | None]:
    """Return the attributes to write; None for one that an empty cell clears."""
    cleared: dict[str, str | None] = {name: None for name, value in given.items() if not value} if clear else {}
    return {**cleared, **{name: value for name, value in kept.items() if value}}


async def _end(tx: Tx, found: ContactImport, state: str, *, why: str = "", now: datetime) -> None:
    await imports.set_state(tx, found.company_id, found.id, state, why=why, finished_at=now)
    await imports.drop_file(tx, found.company_id, found.id)


async def fail(tx: Tx, company_id: int, import_id: int, *, why: str, now: datetime) -> None:
    """End an import whose file cannot be read any further, and say why."""
    found = await imports.lock(tx, company_id, import_id)
    if found is not None and found.state in OPEN:
        await _end(tx, found, "failed", why=why, now=now)


async def stop(tx: Tx, company_id: int, import_id: int, *, now: datetime) -> ContactImport:
    """Ask an import to stop where it is; the contacts that it has written stay. Raises NotFound."""
    found = await imports.lock(tx, company_id, import_id)
    if found is None:
        raise NotFound(what="import", id=import_id)
    if found.state == "checking":
        await _end(tx, found, "stopped", now=now)
    if found.state in OPEN:
        await imports.want_stop(tx, company_id, import_id)
    return await show(tx, company_id, import_id)


async def begin_undo(tx: Tx, company_id: int, import_id: int, *, now: datetime) -> ContactImport:
    """Return an import that may be undone now; raise NotFound, or StateRefused for one that runs, is undone or too old."""
    found = await show(tx, company_id, import_id)
    ended = found.finished_at if found.state in _UNDONE_FROM else None
    if ended is None or now - ended > UNDO_WITHIN:
        allowed = f"{' or '.join(_UNDONE_FROM)}, less than {UNDO_WITHIN.days} days ago"
        raise StateRefused(what="import", state=found.state, act="undo", allowed=allowed)
    return found


async def undo_step(tx: Tx, found: ContactImport, *, after: str, now: datetime) -> Undone:
    """Undo what an import did to the next contacts; with the last of them it is undone.

    Contacts that were written to, opted out or changed since stay as they are, and are counted.
    """
    await lists.keep(tx, found.company_id)
    undone = await import_rows.undo(
        tx,
        found.company_id,
        found.id,
        after=after,
        finished_at=found.finished_at or now,
        limit=_UNDO_BATCH,
        now=now,
    )
    await import_rows.note_undone(tx, found.company_id, found.id, undone)
    if undone.rows < _UNDO_BATCH:
        await imports.set_state(tx, found.company_id, found.id, "undone")
    return undone


async def refused_rows(
    tx: Tx, company_id: int, import_id: int, *, after: int = 0, limit: int = 1000
) -> list[RefusedRow]:
    """Return the rows that became no contact, in their order."""
    return await imports.refusals(tx, company_id, import_id, after=after, limit=limit)
