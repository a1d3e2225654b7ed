"""One import: looked at before it begins, watched while it runs, its report afterwards."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import falcon
import falcon.asgi

from smsflow.domain import contact, template
from smsflow.domain.access import Right
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid, StateRefused
from smsflow.services import audit
from smsflow.services.contacts import importing, lists, refused
from smsflow.services.contacts.importing import ContactImport, ImportPlan
from smsflow.services.contacts.reading import LookedAt, look
from smsflow.sheets.columns import IGNORED, NUMBER, Column
from smsflow.sheets.errors import SheetUnreadable
from smsflow.sheets.export import csv_chunks
from smsflow.sheets.layout import inspect
from smsflow.sheets.preview import Preview, preview
from smsflow.sheets.row import Record
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.app.imports.going import going
from smsflow.web.console.app.imports.words import REASONS
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import IMPORTS
from smsflow.web.http.request import Request

_MOST_REFUSED = 100_000
_MOST_SHOWN_COLUMNS = 60
_LONGEST_LIST = 100


class ImportPage:
    """`/app/imports/{id}`."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, import_id: int) -> None:
        """Show the page."""
        found = await self._found(visitor, import_id)
        await self._show(req, resp, visitor, found, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, import_id: int) -> None:
        """Look again with other columns, begin, stop, or undo."""
        filled, now, _ = await self._shell.form(req, visitor), self._shell.clock(), visitor.locale.gettext
        found = await self._found(visitor, import_id)
        company_id, act_is = visitor.company_id, filled["act"]
        try:
            if act_is in {"start", "look"} and found.state == "checking":
                plan = _plan(found, filled)
                sheet = filled.values.get("sheet", plan.layout.sheet)
                if sheet != plan.layout.sheet and sheet in plan.layout.sheets:
                    # Its columns are others: a person looks at them before they are read.
                    act_is, plan = "look", await self._of_sheet(found, plan, sheet, filled, visitor)
                if act_is == "start" and not plan.columns.has_number:
                    filled.wrong("columns", _("Say which column holds the phone numbers."))
                if len(filled["new_list"]) > _LONGEST_LIST:
                    filled.wrong("new_list", _("Give the list a name of 1 to {most} characters.", most=_LONGEST_LIST))
                if filled.ok:
                    async with self._shell.act(visitor, filled, f"/app/imports/{import_id}") as act:
                        if act_is == "look":
                            await importing.change(act.tx, company_id, import_id, plan)
                        else:
                            plan = replace(plan, lists=await _lists(act.tx, company_id, filled, self._shell.clock()))
                            await importing.start(act.tx, company_id, import_id, plan)
                            await audit.record(act.tx, visitor.actor, "import begun", str(import_id), now=now)
            elif act_is == "stop":
                async with self._shell.act(visitor, filled, f"/app/imports/{import_id}?done=1") as act:
                    await importing.stop(act.tx, company_id, import_id, now=now)
                    await audit.record(act.tx, visitor.actor, "import stopped", str(import_id), now=now)
            elif act_is == "undo":
                async with self._shell.act(visitor, filled, f"/app/imports/{import_id}?done=1") as act:
                    found = await importing.begin_undo(act.tx, company_id, import_id, now=now)
                    after: str | None = ""
                    while after is not None:
                        after = (await importing.undo_step(act.tx, found, after=after, now=now)).last
                    await audit.record(act.tx, visitor.actor, "import undone", str(import_id), now=now)
        except (ParameterInvalid, StateRefused, AlreadyExists):
            filled.wrong("act", _("This cannot be done to this import any more. This is how it stands now."))
        except NotFound:
            raise falcon.HTTPNotFound from None
        await self._show(req, resp, visitor, await self._found(visitor, import_id), filled)

    async def _found(self, visitor: Visitor, import_id: int) -> ContactImport:
        try:
            async with self._shell.reading() as tx:
                return await importing.show(tx, visitor.company_id, import_id)
        except NotFound:
            raise falcon.HTTPNotFound from None

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, found: ContactImport, filled: Filled
    ) -> None:
        seen, rows = None, []
        plan = importing.plan_of(found)
        if found.state == "checking" and visitor.company is not None:
            seen = await self._preview(found, plan)
            looked_at = look(seen.records, visitor.company)
            rows = [_shown(*row, visitor.locale.gettext) for row in zip(seen.records, looked_at, strict=True)]
        async with self._shell.reading() as tx:
            known = await lists.show_lists(tx, visitor.company_id)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/imports/check.html" if seen else "app/imports/one.html",
            filled=filled,
            one=found,
            plan=plan,
            rows=rows,
            fields=[c.field for c in plan.columns.columns if c.field not in {NUMBER, IGNORED}][:8],
            columns=[(c, _choices(c, visitor.locale.gettext)) for c in plan.columns.columns[:_MOST_SHOWN_COLUMNS]],
            lists=[one for one in known if one.rules is None],
            into=[one.name for one in known if one.id in plan.lists],
            states=IMPORTS,
            reasons=REASONS,
            asks=req.get_param("ask") == "undo",
            going=going(found, heading=plan.layout.heading or 0, now=self._shell.clock()),
        )

    async def _of_sheet(
        self, found: ContactImport, plan: ImportPlan, sheet: str, filled: Filled, visitor: Visitor
    ) -> ImportPlan:
        """Return the plan by which another sheet of the workbook is read."""
        with tempfile.TemporaryDirectory(prefix="smsflow-look-") as folder:
            path = Path(folder) / "file"
            await self._fetch(found, path)
            try:
                seen = await asyncio.to_thread(lambda: preview(path, inspect(path, sheet=sheet)))
            except SheetUnreadable:
                filled.wrong("sheet", visitor.locale.gettext("This sheet holds no rows. Choose another one."))
                return plan
        return replace(plan, layout=seen.layout, columns=seen.mapping)

    async def _fetch(self, found: ContactImport, path: Path) -> None:
        with path.open("wb") as file:
            async with self._shell.reading() as tx:
                await importing.write_file(tx, found, file)

    async def _preview(self, found: ContactImport, plan: ImportPlan) -> Preview:
        with tempfile.TemporaryDirectory(prefix="smsflow-look-") as folder:
            path = Path(folder) / "file"
            await self._fetch(found, path)
            try:
                return await asyncio.to_thread(preview, path, plan.layout, plan.columns)
            except SheetUnreadable:
                return Preview(plan.layout, plan.columns, ())


class RefusedRows:
    """`/app/imports/{id}/refused`: the rows that became no contact, as a CSV file."""

    access = Right.SEE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, import_id: int) -> None:
        """Answer the file."""
        del req
        _ = visitor.locale.gettext
        try:
            async with self._shell.reading() as tx:
                found = await importing.show(tx, visitor.company_id, import_id)
                rows = await importing.refused_rows(tx, visitor.company_id, import_id, limit=_MOST_REFUSED)
        except NotFound:
            raise falcon.HTTPNotFound from None
        plan = importing.plan_of(found)
        heading = [_("Row"), _("Reason"), *refused.headings(plan, _("Number"))]
        written = (
            (
                str(r.row),
                _(REASONS[r.reason][0]) if r.reason in REASONS else r.reason,
                *refused.cells(plan, r),
            )
            for r in rows
        )
        resp.content_type = "text/csv; charset=utf-8"
        resp.data = b"".join(csv_chunks(heading, written))
        resp.set_headers(
            {
                "Content-Disposition": f'attachment; filename="import-{import_id}.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )

    on_head = on_get


@dataclass(frozen=True, slots=True)
class _Shown:
    """A row of the file as it would be read: its number, or why it has none."""

    row: int
    number: str
    fault: str
    attributes: dict[str, str]


def _shown(record: Record, row: LookedAt, _: Callable[[str], str]) -> _Shown:
    number = row.person.number.e164 if row.person and not row.reason else " ".join(record.numbers)
    fault = _(REASONS[row.reason][0]) if row.reason else ""
    return _Shown(record.row, number, fault, row.person.attributes if row.person else record.attributes)


def _choices(column: Column, _: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return what a column can become: the numbers, an attribute of its name, or nothing."""
    name = (
        column.field if column.field not in {NUMBER, IGNORED} else template.name_of(column.heading)[: contact.MAX_NAME]
    )
    named = [(name, name)] if name and name not in contact.RESERVED_NAMES else []
    return [(NUMBER, _("Phone number")), *named, (IGNORED, _("Left out"))]


def _plan(found: ContactImport, filled: Filled) -> ImportPlan:
    """Return the plan as the form changes it; a column that is not in the form stays as it is."""
    plan = importing.plan_of(found)
    columns = plan.columns
    for column in plan.columns.columns:
        wanted = filled.values.get(f"column-{column.index}")
        allowed = {value for value, _ in _choices(column, str)}
        if wanted is not None and wanted in allowed and wanted != column.field:
            rank = -1 if wanted == NUMBER else column.rank
            changed = replace(column, field=wanted, rank=rank, label=None if wanted == NUMBER else column.label)
            columns = replace(
                columns, columns=tuple(changed if c.index == column.index else c for c in columns.columns)
            )
    return replace(plan, columns=columns, update=filled["keep"] != "1", clear_empty=filled["clear"] == "1")


async def _lists(tx: Tx, company_id: int, filled: Filled, now: datetime) -> tuple[int, ...]:
    names = [*filled.every("list"), *([filled["new_list"]] if filled["new_list"] else [])]
    return tuple([await lists.list_named(tx, company_id, name, now=now) for name in names])
