"""Monitoring: what `smsflow doctor` finds, red first."""

import falcon.asgi

from smsflow.domain.access import Right
from smsflow.services.upkeep import findings
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_ORDER = {"wrong": 0, "note": 1, "ok": 2}


class Monitoring:
    """`/ops`."""

    access = Right.SEE_PLATFORM

    def __init__(self, shell: Shell) -> None:
        """Watch the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        async with self._shell.platform.database.transaction() as tx:
            seen = await findings.look(tx, now=self._shell.clock())
        found = sorted(
            findings.judge(seen, self._shell.platform.vault, now=self._shell.clock()), key=lambda f: _ORDER[f.state]
        )
        await self._shell.show(
            req, resp, visitor, "ops/monitoring/page.html", findings=found, wrong=sum(f.state == "wrong" for f in found)
        )

    on_head = on_get
