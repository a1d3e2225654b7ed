"""Settings of a company that its own administrator decides."""

from dataclasses import dataclass

from smsflow.domain.account import Company
from smsflow.domain.schedule import ALWAYS, Hours
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.services.accounts.companies import is_timezone
from smsflow.store.accounts import companies
from smsflow.store.campaigns import policies
from smsflow.store.postgres.transactions import Tx

MOST_CREDITS = 10**12


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """Settings of a company; `hours` are those in which its marketing may leave."""

    timezone: str
    language: str
    hours: Hours
    second_factor: bool
    approval: bool
    alert_below: int | None
    texts_kept_days: int | None = None


def of(company: Company) -> CompanySettings:
    """Return a company's settings."""
    return CompanySettings(
        company.timezone,
        company.language,
        company.marketing_hours,
        company.second_factor,
        company.approval,
        company.alert_below,
        company.texts_kept_days,
    )


async def platform_hours(tx: Tx, country: str) -> Hours:
    """Return the hours that the platform allows for marketing in a country."""
    policy = (await policies.every(tx)).get(country)
    return ALWAYS if policy is None else policy.hours


async def check_hours(tx: Tx, country: str, hours: Hours) -> None:
    """Raise ParameterInvalid for hours of a company that are not within those of its country: it can only tighten them."""
    allowed = await platform_hours(tx, country)
    if hours != ALWAYS and hours & allowed != hours:
        raise ParameterInvalid(parameter="hours", expected=f"hours within those of the platform, {allowed}")


def check_texts_kept(days: int | None, *, most_days: int) -> None:
    """Raise ParameterInvalid for a retention of texts that is longer than the platform's; None is the platform's."""
    if days is not None and not 1 <= days <= most_days:
        raise ParameterInvalid(parameter="texts_kept_days", expected=f"a number of days from 1 to {most_days}")


async def change(tx: Tx, company: Company, wanted: CompanySettings, *, most_days: int) -> None:
    """Change a company's settings; raise ParameterInvalid, also for what goes beyond the hours and the retention of the platform."""
    if not is_timezone(wanted.timezone):
        raise ParameterInvalid(parameter="timezone", expected="a time zone such as Africa/Douala")
    if wanted.language not in {"fr", "en"}:
        raise ParameterInvalid(parameter="language", expected="fr or en")
    if wanted.alert_below is not None and not 0 <= wanted.alert_below <= MOST_CREDITS:
        raise ParameterInvalid(parameter="alert_below", expected=f"a number of credits up to {MOST_CREDITS}")
    check_texts_kept(wanted.texts_kept_days, most_days=most_days)
    await check_hours(tx, company.country, wanted.hours)
    # `timezone` is always among the columns: its change reaches the memory of every process (trigger company_changed).
    values = {
        "timezone": wanted.timezone,
        "language": wanted.language,
        "second_factor": wanted.second_factor,
        "approval": wanted.approval,
        "alert_below": wanted.alert_below,
        "texts_kept_days": wanted.texts_kept_days,
        "marketing_opens": None if wanted.hours == ALWAYS else wanted.hours.start,
        "marketing_closes": None if wanted.hours == ALWAYS else wanted.hours.end,
    }
    if not await companies.update_company(tx, company.id, values):
        raise NotFound(what="company", id=company.id)
