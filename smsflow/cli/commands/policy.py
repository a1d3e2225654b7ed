"""`smsflow policy`: what the platform demands of marketing, by country."""

from typing import Annotated, Any

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.options import NONE, country, limit_of, number_or_none, timezone
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.domain import phone
from smsflow.domain.schedule import ALWAYS, Policy, hours_of
from smsflow.services.campaigns import turns

Country = Annotated[str, typer.Argument(metavar="COUNTRY", callback=country)]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("Policies: what the platform demands of marketing, by country.")
    group.command("show")(show)
    group.command("set")(set_)
    app.add_typer(group, name="policy")


def show(
    country_code: Annotated[str | None, typer.Argument(metavar="COUNTRY", callback=country, help="Only its.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show the policies of all countries that have one, or of one country."""
    seen = read(turns.policies)
    documents = [_document(p) for p in seen.found.values() if country_code in {None, p.country}]
    if output.reading({"policies": documents}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("country", "time zone", "hours", "SMS a day to one person", "{stop}"),
        [(d["country"], d["timezone"], d["hours"], d["per_day"], _stop(d)) for d in documents],
        none=f"{country_code or 'No country'} has {'no' if country_code else 'a'} policy.",
    )


def set_(
    country_code: Country,
    *,
    hours: Annotated[str | None, typer.Option("--hours", help="Such as 06-22, or none.")] = None,
    per_day: Annotated[
        str | None,
        typer.Option("--per-day", callback=number_or_none, help="Marketing SMS a day to one person, or none."),
    ] = None,
    stop: Annotated[
        bool | None,
        typer.Option("--stop/--no-stop", help="Whether campaigns of marketing must say how to opt out, by {stop}."),
    ] = None,
    zone: Annotated[str | None, typer.Option("--timezone", help="The country's; needed where it has several.")] = None,
    as_json: Json = False,
) -> None:
    """Change the policy of a country; companies can only be stricter."""

    async def job(tx: Any) -> Policy:
        known = (await turns.policies(tx)).get(country_code)
        its_zone = zone or phone.timezone(country_code)
        if known is None and its_zone is None:
            raise typer.BadParameter("a country of several time zones needs one.", param_hint="--timezone")
        former = known or Policy(country_code, timezone(its_zone or ""))
        changed = Policy(
            country_code,
            timezone(zone) if zone else former.timezone,
            former.hours if hours is None else ALWAYS if hours == NONE else hours_of(hours),
            former.per_day if per_day is None else limit_of(per_day),
            former.stop if stop is None else stop,
        )
        await turns.set_policy(tx, changed)
        return changed

    changed = _document(transact(job))
    output.result(
        changed,
        f"{country_code}: marketing {changed['hours']}, {changed['per_day'] or 'any number'} a day, {{stop}} {_stop(changed)}.",
        as_json=as_json,
    )


def _document(policy: Policy) -> dict[str, Any]:
    return {
        "country": policy.country,
        "timezone": policy.timezone,
        "hours": str(policy.hours),
        "per_day": policy.per_day,
        "stop": policy.stop,
    }


def _stop(document: dict[str, Any]) -> str:
    return "demanded" if document["stop"] else "free"
