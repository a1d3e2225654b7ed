"""Credits: what the company has and for how long, asking for more, and the movements of a month, also as a file."""

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.credits import days_left
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.runtime import mail
from smsflow.services import audit, credit_requests, credits, statements
from smsflow.services.messages import tallies
from smsflow.services.statements import Month, spent
from smsflow.store.postgres.snapshot import one_snapshot
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.marks import gettext
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import CAUSES
from smsflow.web.http.request import Request

_DAYS = 30
_MONTHS = 12

# state of a request → (word, tone of its badge).
REQUESTS: Final = {
    "pending": (gettext("Pending"), "info"),
    "sold": (gettext("Sold"), "good"),
    "declined": (gettext("Declined"), "bad"),
    "withdrawn": (gettext("Withdrawn"), "idle"),
}


class Credits:
    """`/app/credits`; movements and requests are for whoever may see credits."""

    access, posts = Right.SEE_BALANCE, Right.SEE_CREDITS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Ask for credits, or take a request back."""
        filled, now, _ = await self._shell.form(req, visitor), self._shell.clock(), visitor.locale.gettext
        if filled["do"] == "withdraw":
            await self._withdraw(visitor, filled)
        written = "".join(filled["amount"].split())
        amount = int(written) if written.isascii() and written.isdigit() and len(written) < 12 else 0
        try:
            async with self._shell.act(visitor, filled, "/app/credits?done=1") as act:
                if visitor.company is None:
                    raise falcon.HTTPNotFound
                await credit_requests.ask(
                    act.tx,
                    visitor.company,
                    amount,
                    note=filled["note"],
                    author=visitor.person.name,
                    mail=mail(self._shell.platform),
                    contact=self._shell.platform.settings.contact,
                    now=now,
                )
                after = {"amount": amount, "note": filled["note"]}
                await audit.record(act.tx, visitor.actor, "credits asked for", str(amount), after=after, now=now)
        except ParameterInvalid as refused:
            sentences = {
                "amount": _("Write a number of credits from 1 to {most}.", most=credit_requests.MOST),
                "note": _("Write at most {most} characters.", most=credit_requests.LONGEST_NOTE),
            }
            name = str(refused.details["parameter"])
            filled.wrong(name, sentences[name])
        await self._show(req, resp, visitor, filled)

    async def _withdraw(self, visitor: Visitor, filled: Filled) -> None:
        written, now = filled["request"], self._shell.clock()
        if not (written.isascii() and written.isdigit() and len(written) < 19):
            raise falcon.HTTPNotFound
        try:
            async with self._shell.act(visitor, filled, "/app/credits?done=1") as act:
                await credit_requests.withdraw(
                    act.tx, visitor.company_id, int(written), by=visitor.person.name, now=now
                )
                await audit.record(act.tx, visitor.actor, "request for credits withdrawn", written, now=now)
        except NotFound:
            raise falcon.HTTPNotFound from None

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        sees_lines, month = visitor.may(Right.SEE_CREDITS), _month(req, visitor.locale, self._shell)
        today = self._shell.clock().astimezone(month.zone).date()
        pace_since = today - timedelta(days=_DAYS - 1)
        async with self._shell.reading() as tx:
            standing = await credits.standing(tx, visitor.company_id)
            causes = await tallies.by_cause(
                tx, visitor.company_id, since=month.moment(pace_since), timezone=visitor.locale.timezone
            )
            requests = await credit_requests.latest(tx, visitor.company_id) if sees_lines else []
        found = None
        if sees_lines:
            async with self._shell.platform.database.transaction() as tx:
                await one_snapshot(tx)
                found = await statements.of_month(tx, visitor.company_id, month)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/credits/page.html",
            filled=filled,
            standing=standing,
            days=days_left(standing.available, spent(causes, since=pace_since), days=_DAYS),
            sees_lines=sees_lines,
            requests=requests,
            request_states=REQUESTS,
            contact=self._shell.platform.settings.contact,
            month=month,
            months=_months(today),
            statement=found,
            causes=CAUSES,
            yesterday=timedelta(days=1),
        )


def _month(req: Request, locale: Locale, shell: Shell) -> Month:
    today = shell.clock().astimezone(ZoneInfo(locale.timezone))
    return statements.month_of(req.get_param("month") or "", locale.timezone) or Month(
        today.date().replace(day=1), ZoneInfo(locale.timezone)
    )


def _months(today: date) -> list[date]:
    found = [today.replace(day=1)]
    while len(found) < _MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found
