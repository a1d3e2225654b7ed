"""Settings: time zone, language, default sender, hours for marketing, second factor, approval, alert threshold, retention."""

from zoneinfo import available_timezones

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.domain.schedule import ALWAYS, Hours, hours_of
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.services import audit
from smsflow.services.accounts import senders, settings
from smsflow.services.accounts.settings import CompanySettings
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_ZONES = [*sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")), "UTC"]


class SettingsPage:
    """`/app/settings`."""

    access = Right.ADMINISTER

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Change the settings."""
        filled, company = await self._shell.form(req, visitor), _company(visitor)
        wanted = _read(filled, visitor.locale)
        if wanted is not None and _shorter(company, wanted) and filled["texts_sure"] != "yes":
            sentence = (
                "Texts older than {days} days are deleted for ever, tonight and each night. Say that you want it."
            )
            filled.wrong("texts_sure", visitor.locale.gettext(sentence, days=wanted.texts_kept_days))
        if filled.ok and wanted is not None:
            try:
                async with self._shell.act(visitor, filled, "/app/settings?done=1") as act:
                    await settings.change(act.tx, company, wanted, most_days=self._most_days)
                    sender = filled["sender"]
                    if sender.isascii() and sender.isdigit() and len(sender) < 19:
                        await senders.set_default(act.tx, company.id, int(sender))
                    before, after = _recorded(settings.of(company)), _recorded(wanted)
                    before["sender"] = next((str(s.id) for s in company.senders if s.is_default), "")
                    after["sender"] = sender or before["sender"]
                    changed = [name for name in after if after[name] != before[name]]
                    await audit.record(
                        act.tx,
                        visitor.actor,
                        "settings changed",
                        company.name,
                        before={name: before[name] for name in changed},
                        after={name: after[name] for name in changed},
                        now=self._shell.clock(),
                    )
            except NotFound:
                filled.wrong("sender", visitor.locale.gettext("Choose one of your approved senders."))
            except ParameterInvalid as refused:
                _wrong(filled, visitor.locale, str(refused.details["parameter"]), most_days=self._most_days)
        await self._show(req, resp, visitor, filled)

    @property
    def _most_days(self) -> int:
        return self._shell.platform.settings.messages_kept_days

    async def _show(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled) -> None:
        company = _company(visitor)
        async with self._shell.reading() as tx:
            allowed = await settings.platform_hours(tx, company.country)
        hours = company.marketing_hours
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/settings/page.html",
            filled=filled,
            settings=settings.of(company),
            most_days=self._most_days,
            hours="" if hours == ALWAYS else _hours(hours),
            allowed="" if allowed == ALWAYS else _hours(allowed),
            zones=[(zone, zone) for zone in _ZONES],
            senders=[(str(s.id), s.name) for s in company.senders if s.state == "approved"],
            default=next((str(s.id) for s in company.senders if s.is_default), ""),
        )


def _company(visitor: Visitor) -> Company:
    if visitor.company is None:
        raise falcon.HTTPNotFound
    return visitor.company


def _read(filled: Filled, locale: Locale) -> CompanySettings | None:
    """Return the settings that were typed, or None with what is wrong noted."""
    hours, alert, days = ALWAYS, None, None
    if filled["hours"]:
        try:
            hours = hours_of(filled["hours"])
        except ParameterInvalid:
            filled.wrong("hours", locale.gettext("Write hours as 08-20 or 08:30-20:00, or nothing."))
    written = "".join(filled["alert_below"].split())
    if written:
        if written.isascii() and written.isdigit() and len(written) <= 12:
            alert = int(written)
        else:
            _wrong(filled, locale, "alert_below")
    written = filled["texts_kept_days"]
    if written:
        # A value that is no number is no number of days either.
        days = int(written) if written.isascii() and written.isdigit() and len(written) <= 6 else 0
    if not filled.ok:
        return None
    return CompanySettings(
        filled["timezone"],
        filled["language"],
        hours,
        second_factor=filled["second_factor"] == "yes",
        approval=filled["approval"] == "yes",
        alert_below=alert,
        texts_kept_days=days,
    )


def _shorter(company: Company, wanted: CompanySettings) -> bool:
    """Tell whether texts go that would have stayed."""
    days = wanted.texts_kept_days
    return days is not None and days > 0 and (company.texts_kept_days is None or days < company.texts_kept_days)


def _wrong(filled: Filled, locale: Locale, name: str, *, most_days: int = 0) -> None:
    sentences = {
        "timezone": locale.gettext("Choose one of these time zones."),
        "language": locale.gettext("Choose French or English."),
        "alert_below": locale.gettext("Write a number of credits, or nothing."),
        "texts_kept_days": locale.gettext("Write a number of days from 1 to {most}, or nothing.", most=most_days),
        "hours": locale.gettext("Keep within the hours that the platform allows."),
    }
    filled.wrong(name, sentences[name])


def _hours(hours: Hours) -> str:
    return f"{hours.start // 60:02}:{hours.start % 60:02}-{hours.end // 60:02}:{hours.end % 60:02}"


def _recorded(values: CompanySettings) -> dict[str, str | bool | int | None]:
    return {
        "timezone": values.timezone,
        "language": values.language,
        "hours": _hours(values.hours),
        "second_factor": values.second_factor,
        "approval": values.approval,
        "alert_below": values.alert_below,
        "texts_kept_days": values.texts_kept_days,
    }
