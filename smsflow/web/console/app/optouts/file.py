"""A file of people who opted out elsewhere: every number of it opts out here."""

import asyncio
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.errors import BodyTooLarge
from smsflow.services import audit
from smsflow.services.contacts import optout_files
from smsflow.sheets.columns import records
from smsflow.sheets.errors import SheetUnreadable
from smsflow.sheets.layout import rows
from smsflow.sheets.preview import Preview, preview
from smsflow.sheets.row import Record
from smsflow.web.console.shell import forms
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.uploads import stored_form
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

# Read within the request, under the lock that marketing waits for: some 50,000 numbers in a second or two.
LARGEST_FILE: Final = 2 * 1024 * 1024
_MOST_ROWS: Final = 50_000
_PATIENCE = 300.0


class OptOutFile:
    """`/app/opt-outs/import`."""

    access, posts = Right.WRITE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Opt out every number of the file."""
        filled, _ = Filled(), visitor.locale.gettext
        too_large = _("This file is too large for this page. Split it, or ask the platform to bring it in.")
        try:
            async with stored_form(req, most=LARGEST_FILE + 64 * 1024, patience=_PATIENCE) as (path, uploaded):
                filled = forms.filled(uploaded.fields, visitor)
                if not uploaded.size:
                    filled.wrong("file", _("Choose a file."))
                else:
                    found = await asyncio.to_thread(_read, path)
                    if found is None:
                        filled.wrong("file", _("This file has no column with phone numbers."))
                    elif uploaded.size > LARGEST_FILE or len(found) > _MOST_ROWS:
                        filled.wrong("file", too_large)
                    elif visitor.company is not None:
                        await self._bring_in(visitor, visitor.company, filled, uploaded.name, found)
        except BodyTooLarge:
            filled.wrong("file", too_large)
        except SheetUnreadable:
            filled.wrong("file", _("This is no CSV, XLSX, ODS, XLS or vCard file. Save it as one of them."))
        await self._show(req, resp, visitor, filled)

    async def _bring_in(
        self, visitor: Visitor, company: Company, filled: Filled, name: str, found: list[Record]
    ) -> None:
        now, total = self._shell.clock(), Counter[str]()
        scope = "all" if filled["scope"] == "all" else "marketing"
        reason = (filled["reason"] or name)[:200]
        async with self._shell.act(visitor, filled, "/app/opt-outs?done=1") as act:
            source = iter(found)
            while batch := list(islice(source, optout_files.BATCH)):
                done = await optout_files.bring_in(
                    act.tx, company, batch, scope=scope, author=visitor.person.username, reason=reason, now=now
                )
                total.update(new=done.new, known=done.unchanged, invalid=done.invalid.total())
            counts = {counted: total[counted] for counted in ("new", "known", "invalid")}
            act.location = "/app/opt-outs?done=1&" + "&".join(f"{what}={count}" for what, count in counts.items())
            await audit.record(act.tx, visitor.actor, "opt-outs imported", name, after=counts, now=now)

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        await self._shell.show(
            req, resp, visitor, "app/optouts/file.html", filled=filled, most=LARGEST_FILE // 1024 // 1024
        )


def _read(path: Path) -> list[Record] | None:
    """Return the rows of a file, one too many at most; None when it has no column of numbers."""
    seen: Preview = preview(path)
    if not seen.mapping.has_number:
        return None
    return list(islice(records(rows(path, seen.layout), seen.mapping), _MOST_ROWS + 1))
