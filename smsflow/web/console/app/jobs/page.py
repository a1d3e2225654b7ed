"""Background work: exports that are asked for, watched, stopped and fetched; imports that run."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.services import audit
from smsflow.services.contacts import importing
from smsflow.services.exports import making
from smsflow.web.console.app.jobs import kinds
from smsflow.web.console.app.jobs.file import AT_ONCE
from smsflow.web.console.app.jobs.tables import KINDS
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

# state → (word, tone of its badge).
STATES = {
    "waiting": (gettext("Waiting"), "info"),
    "running": (gettext("Running"), "info"),
    "finished": (gettext("Done"), "good"),
    "stopped": (gettext("Stopped"), "idle"),
    "failed": (gettext("Failed"), "bad"),
}


class Jobs:
    """`/app/jobs`."""

    access = Right.DASHBOARD

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page, with the export that is asked for."""
        if visitor.company is None:
            raise falcon.HTTPNotFound
        asked = {name: (req.get_param(name) or "") for name in req.params}
        await self._show(req, resp, visitor, asked)

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Begin an export, or stop one."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        if visitor.company is None:
            raise falcon.HTTPNotFound
        stop = filled["stop"]
        if stop.isascii() and stop.isdigit() and len(stop) < 19:
            await self._stop(visitor, filled, int(stop))
        wanted = kinds.wanted(visitor, filled.values, now=now)
        if wanted is not None:
            async with self._shell.act(visitor, filled, "/app/jobs?done=1") as act:
                export_id = await making.ask(
                    act.tx, visitor.company_id, wanted, author=visitor.person.username, now=now
                )
                after = {"kind": wanted.kind, **wanted.asked}
                await audit.record(act.tx, visitor.actor, "export begun", str(export_id), after=after, now=now)
        await self._show(req, resp, visitor, {})

    async def _stop(self, visitor: Visitor, filled: Filled, export_id: int) -> None:
        now = self._shell.clock()
        try:
            async with self._shell.act(visitor, filled, "/app/jobs?done=1") as act:
                stopped = await making.stop(act.tx, visitor.company_id, export_id, now=now)
                if not kinds.may(visitor, stopped.kind):
                    raise falcon.HTTPNotFound
                await audit.record(act.tx, visitor.actor, "export stopped", str(export_id), now=now)
        except NotFound:
            raise falcon.HTTPNotFound from None

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, asked: dict[str, str]) -> None:
        async with self._shell.reading() as tx:
            exports = [e for e in await making.latest(tx, visitor.company_id) if kinds.may(visitor, e.kind)]
            imports = await importing.latest(tx, visitor.company_id) if visitor.may(Right.SEE_CONTACTS) else []
        wanted = kinds.wanted(visitor, asked, now=self._shell.clock())
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/jobs/page.html",
            exports=exports,
            formats={e.id: making.wanted_of(e).format.upper() for e in exports},
            imports=[one for one in imports if one.state in {"waiting", "running"}],
            states=STATES,
            kinds=KINDS,
            wanted=wanted,
            kept=making.KEPT.days,
            at_once=AT_ONCE,
            runs=any(e.state in {"waiting", "running"} for e in exports),
        )
