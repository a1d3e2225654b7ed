"""`/me/second-factor`: turning the second factor on, with a picture to scan and recovery codes, and off."""

import io

import falcon.asgi
import segno
from markupsafe import Markup

from smsflow.domain.access import Right
from smsflow.services import audit
from smsflow.services.accounts import second_factor
from smsflow.vault import VaultLocked
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_ISSUER = "SMSFLOW"


class SecondFactor:
    """The second factor of the visitor."""

    access = Right.SELF

    def __init__(self, shell: Shell) -> None:
        """Enrol people of the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the state, and a new secret where there is none yet."""
        await self._offer(req, resp, visitor, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Turn it on with a code of the new secret, which shows the recovery codes once; or off."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        if filled["do"] == "off":
            async with self._shell.act(visitor, filled, "/me?done=1") as act:
                await second_factor.turn_off(act.tx, visitor.person.id)
                await audit.record(act.tx, visitor.actor, "second factor turned off", visitor.person.username, now=now)
        vault = self._shell.platform.vault
        try:
            secret = vault.open(filled["sealed"])
        except VaultLocked:
            secret = ""
        codes = None
        if secret:
            async with self._shell.platform.database.transaction() as tx:
                codes = await second_factor.confirm(
                    tx, visitor.person.id, secret, filled["factor_code"], vault=vault, now=now
                )
                if codes is not None:
                    await audit.record(tx, visitor.actor, "second factor turned on", visitor.person.username, now=now)
        if codes is None:
            filled.wrong(
                "factor_code",
                visitor.locale.gettext("This code is not the one that your phone shows now. Type it again."),
            )
            await self._offer(req, resp, visitor, filled, secret=secret)
            return
        await self._shell.show(
            req, resp, visitor, "sign_in/second_factor.html", codes=codes, picture="", sealed="", secret=""
        )

    async def _offer(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled, *, secret: str = ""
    ) -> None:
        enrolment = second_factor.offer(visitor.person.username, issuer=_ISSUER, secret=secret or None)
        await self._shell.show(
            req,
            resp,
            visitor,
            "sign_in/second_factor.html",
            filled=filled,
            codes=None,
            picture=_picture(enrolment.address),
            sealed=self._shell.platform.vault.seal(enrolment.secret),
            secret=enrolment.secret,
        )


def _picture(address: str) -> Markup:
    """Return the QR code of an address as SVG; black on white in both themes, as phones read it."""
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, light="white", dark="black", scale=5, svgclass="qr", lineclass=None
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno from our own address
