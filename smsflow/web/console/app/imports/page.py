"""Imports: all of them, and taking a file."""

import asyncio
from pathlib import Path
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import BodyTooLarge
from smsflow.services import audit
from smsflow.services.contacts import importing
from smsflow.services.contacts.importing import LARGEST_FILE, ContactImport, ImportPlan
from smsflow.sheets.errors import SheetUnreadable
from smsflow.sheets.preview import Preview, preview
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.app.imports.words import FAULTS
from smsflow.web.console.shell import forms
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import Columns, asked_order
from smsflow.web.console.shell.uploads import stored_form
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import IMPORTS
from smsflow.web.http.request import Request
from smsflow.web.http.upload import Uploaded

# The file, and the fields and heads of a form around it.
LARGEST_UPLOAD: Final = LARGEST_FILE + 1024 * 1024
_CHUNK = 1024 * 1024
# The largest file at 400 kbit/s.
_PATIENCE = 2400.0
_SHOWN: Final = 50

_COLUMNS: Final[Columns[ContactImport]] = {
    "file": lambda one: one.file_name,
    "rows": lambda one: one.rows,
    "new": lambda one: one.new,
    "refused": lambda one: one.invalid,
    "when": lambda one: one.created_at,
}


class Imports:
    """`/app/imports`."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Take a file, look at it, and lead to what was seen; nothing is imported yet."""
        filled, _ = Filled(), visitor.locale.gettext
        too_large = _("This file is larger than {most} MB. Split it.", most=LARGEST_FILE // 1024 // 1024)
        try:
            async with stored_form(req, most=LARGEST_UPLOAD, patience=_PATIENCE) as (path, uploaded):
                filled = forms.filled(uploaded.fields, visitor)
                if not uploaded.size:
                    filled.wrong("file", _("Choose a file."))
                elif uploaded.size > LARGEST_FILE:
                    filled.wrong("file", too_large)
                else:
                    seen = await asyncio.to_thread(preview, path)
                    await self._keep(visitor, filled, uploaded, seen, path)
        except BodyTooLarge:
            filled.wrong("file", too_large)
        except SheetUnreadable as unreadable:
            filled.wrong("file", _(FAULTS.get(unreadable.code.value, FAULTS["sheet_not_a_sheet"])))
        await self._show(req, resp, visitor, filled)

    async def _keep(self, visitor: Visitor, filled: Filled, uploaded: Uploaded, seen: Preview, path: Path) -> None:
        now, plan = self._shell.clock(), ImportPlan(seen.layout, seen.mapping)
        async with self._shell.act(visitor, filled, "/app/imports") as act:
            import_id = await importing.receive(
                act.tx, visitor.company_id, file_name=uploaded.name, size=uploaded.size, plan=plan, now=now
            )
            act.location = f"/app/imports/{import_id}"
            await _store(act.tx, visitor.company_id, import_id, path)
            await audit.record(act.tx, visitor.actor, "file received", str(import_id), now=now)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        async with self._shell.reading() as tx:
            found = await importing.latest(tx, visitor.company_id, limit=_SHOWN)
        # The newest ones, where they are not all, would be the first of no other order.
        order = asked_order(req, _COLUMNS if len(found) < _SHOWN else {})
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/imports/page.html",
            filled=filled,
            imports=order.sort(found),
            order=order,
            states=IMPORTS,
            most=LARGEST_FILE // 1024 // 1024,
        )


async def _store(tx: Tx, company_id: int, import_id: int, path: Path) -> None:
    with path.open("rb") as file:
        place = 0
        while body := file.read(_CHUNK):
            await importing.add_chunk(tx, company_id, import_id, place, body)
            place += 1
