"""`smsflow company`: customers and the rules of their sending."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyId, Name, Yes
from smsflow.cli.output import Json
from smsflow.cli.work import now, read, transact
from smsflow.domain import optout_replies, phone
from smsflow.domain.schedule import ALWAYS, Hours, hours_of
from smsflow.services import credits
from smsflow.services.accounts import companies, settings
from smsflow.services.accounts.companies import Account
from smsflow.services.messages import waiting
from smsflow.settings import load
from smsflow.store.postgres.snapshot import one_snapshot
from smsflow.store.postgres.transactions import Tx

_MOST_CREDITS = 10**12


Reply = Annotated[
    str | None, typer.Option(help="Its answer by SMS; also {company}, {stop} and {start}. none: the default.")
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    company = noun("Companies: customers and the rules of their sending.")
    company.command("add")(add)
    company.command("list")(list_)
    company.command("show")(show)
    company.command("set")(set_)
    company.command("suspend")(suspend)
    company.command("resume")(resume)
    app.add_typer(company, name="company")


def add(
    name: Name,
    *,
    country: Annotated[str, typer.Option(callback=options.country, help="Where its national numbers are.")] = "CM",
    timezone: Annotated[str, typer.Option(callback=options.timezone, help="How it reads times.")] = "Africa/Douala",
    credits_: Annotated[int, typer.Option("--credits", min=0, max=_MOST_CREDITS, help="Credits to begin with.")] = 0,
    sender: Annotated[str | None, typer.Option(callback=options.sender, help="Its default sender.")] = None,
    as_json: Json = False,
) -> None:
    """Add a company."""

    async def job(tx: Tx) -> Account:
        company_id = await companies.open_company(
            tx, name, country=country, timezone=timezone, credits=credits_, sender=sender, now=now()
        )
        return await companies.account(tx, company_id)

    company = _document(transact(job))
    output.result(company, f"Company {company['id']} is {name}, with {credits_} credits.", as_json=as_json)


def list_(*, as_json: Json = False) -> None:
    """List every company."""
    known = read(companies.every)
    rows = [_document(account) for account in known.found]
    if output.reading({"companies": rows}, database=known.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "country", "credits", "state", "default sender"),
        [(c["id"], c["name"], c["country"], c["balance"], _state(c), c["default_sender"]) for c in rows],
        none="There is no company: add one with `smsflow company add NAME`.",
    )


def show(company: CompanyId, *, as_json: Json = False) -> None:
    """Show a company with its rules and senders."""

    async def job(tx: Tx) -> tuple[Account, credits.Standing]:
        await one_snapshot(tx)
        account = await companies.account(tx, (await companies.find(tx, company)).id)
        return account, await credits.standing(tx, account.company.id)

    known = read(job)
    account, standing = known.found
    shown = {**_document(account), **asdict(standing)}
    if output.reading(shown, database=known.database, as_json=as_json):
        return
    output.facts(
        [
            ("id", shown["id"]),
            ("name", shown["name"]),
            ("state", _state(shown)),
            ("credits", shown["balance"]),
            ("reserved by campaigns", shown["reserved"] or None),
            ("country", shown["country"]),
            ("time zone", shown["timezone"]),
            ("sends to", ", ".join(shown["countries"]) or f"{shown['country']} only"),
            ("numbers", "mobile only" if shown["mobile_only"] else "any"),
            ("SMS a second", shown["send_rate"] or "no limit"),
            ("unknown outcomes", shown["resend"] or "by the kind of SMS"),
            ("code text", shown["code_template"] or "the default"),
            ("codes to a number", _codes(shown)),
            ("texts kept", f"{kept} days" if (kept := shown["texts_kept_days"]) else "as long as the platform does"),
            ("senders", "\n".join(_sender(s) for s in shown["senders"]) or None),
        ]
    )


def set_(
    company: CompanyId,
    *,
    name: Annotated[str | None, typer.Option(callback=options.one_line, help="Its new name.")] = None,
    send_rate: Annotated[
        str | None,
        typer.Option(callback=options.number_or_none, metavar="N|none", help="Most SMS a second."),
    ] = None,
    countries: Annotated[
        str | None, typer.Option(metavar="CM,GA", help="Where it may send; none is its own country only.")
    ] = None,
    mobile_only: Annotated[
        bool | None, typer.Option("--mobile-only/--any-number", help="Whether only mobile numbers are accepted.")
    ] = None,
    resend: Annotated[
        Literal["at-most-once", "at-least-once", "none"] | None,
        typer.Option(help="What becomes of an SMS whose outcome is unknown; none lets its kind decide."),
    ] = None,
    code_template: Annotated[
        str | None, typer.Option(help="Text of its codes, with {code}; also {company}, {minutes}. none: the default.")
    ] = None,
    code_every: Annotated[
        int | None, typer.Option(min=0, max=86400, help="Seconds between two codes to a number; 0 is no limit.")
    ] = None,
    code_per_hour: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Codes to a number in an hour; 0 is no limit.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option(metavar="08-20|none", help="When its marketing may leave, in its time zone.")
    ] = None,
    approval: Annotated[
        bool | None, typer.Option("--approval/--no-approval", help="Whether campaigns need an approval.")
    ] = None,
    texts_kept: Annotated[
        str | None,
        typer.Option(
            callback=options.number_or_none,
            metavar="DAYS|none",
            help="Days after which its texts, received SMS and codes are deleted for ever; none: the platform's rule.",
        ),
    ] = None,
    stop_reply: Reply = None,
    start_reply: Reply = None,
    help_reply: Reply = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Change the name or the rules of a company."""
    values: dict[str, Any] = {} if name is None else {"name": name}
    if send_rate is not None:
        values["send_rate"] = options.limit_of(send_rate)
    if countries is not None:
        values["countries"] = _countries(countries)
    if mobile_only is not None:
        values["mobile_only"] = mobile_only
    if resend is not None:
        values["resend"] = None if resend == options.NONE else resend.replace("-", "_")
    if code_template is not None:
        values["code_template"] = _template(code_template)
    if code_every is not None:
        values["code_every_seconds"] = code_every
    if code_per_hour is not None:
        values["code_per_hour"] = code_per_hour
    if approval is not None:
        values["approval"] = approval
    values |= _texts_kept(texts_kept, yes=yes)
    allowed = None if hours is None else hours_of(hours)
    values |= _marketing_hours(allowed)
    values |= _replies(stop_reply=stop_reply, start_reply=start_reply, help_reply=help_reply)
    if not values:
        raise typer.BadParameter("say what to change: `smsflow company set --help` lists it.")

    async def job(tx: Tx) -> Account:
        found = await companies.find(tx, company)
        if allowed is not None:
            await settings.check_hours(tx, found.country, allowed)
        return await companies.change(tx, found.id, values, most_segments=load().message_segments_limit)

    shown = _document(transact(job))
    output.result(shown, f"Company {shown['id']} ({shown['name']}) has changed.", as_json=as_json)


def _texts_kept(typed: str | None, *, yes: bool) -> dict[str, int | None]:
    if typed is None:
        return {}
    days = options.limit_of(typed)
    settings.check_texts_kept(days, most_days=load().messages_kept_days)
    if days is not None:
        options.confirm(f"Delete its texts older than {days} days for ever, each night?", yes=yes)
    return {"texts_kept_days": days}


def _replies(**typed: str | None) -> dict[str, str | None]:
    return {
        column: None if text.lower() == options.NONE else optout_replies.check(text)
        for column, text in typed.items()
        if text is not None
    }


def suspend(company: CompanyId, *, as_json: Json = False) -> None:
    """Refuse what a company sends from now on, and hold what waits to leave."""
    _set_suspended(company, suspended=True, as_json=as_json)


def resume(company: CompanyId, *, as_json: Json = False) -> None:
    """Let a suspended company send again, and what was held leave unless its validity has ended."""
    _set_suspended(company, suspended=False, as_json=as_json)


def _set_suspended(wanted: str, *, suspended: bool, as_json: bool) -> None:
    async def job(tx: Tx) -> tuple[Account, int]:
        company = await companies.find(tx, wanted)
        await companies.suspend(tx, company.id, suspended=suspended)
        return await companies.account(tx, company.id), await waiting.count(tx, company.id)

    account, count = transact(job)
    shown = _document(account)
    whose = f"Company {shown['id']} ({shown['name']})"
    if suspended:
        sentence = f"{whose} is suspended; SMS held: {count}."
    else:
        sentence = f"{whose} may send again; SMS that wait: {count}."
    output.result({**shown, "held" if suspended else "waiting": count}, sentence, as_json=as_json)


def _document(account: Account) -> dict[str, Any]:
    default = account.company.sender(None)
    return {
        **asdict(account.company),
        "balance": account.balance,
        "default_sender": None if default is None else default.name,
    }


def _countries(typed: str) -> list[str]:
    if typed.lower() == options.NONE:
        return []
    names = {name.strip().upper() for name in typed.split(",")}
    if not names <= phone.COUNTRIES:
        raise typer.BadParameter("they are countries of two letters: CM,GA.", param_hint="--countries")
    return sorted(names)


def _template(typed: str) -> str | None:
    if typed.lower() == options.NONE:
        return None
    if "{code}" not in typed or "\x00" in typed:
        raise typer.BadParameter("the text of a code must contain {code}.", param_hint="--code-template")
    return typed


def _state(company: dict[str, Any]) -> str:
    return "suspended" if company["suspended"] else "active"


def _codes(company: dict[str, Any]) -> str:
    every, per_hour = company["code_every_seconds"], company["code_per_hour"]
    limits = [f"one in {every} s" if every else "", f"{per_hour} an hour" if per_hour else ""]
    return ", ".join(filter(None, limits)) or "no limit"


def _sender(sender: dict[str, Any]) -> str:
    return f"{sender['name']} ({sender['state']}{', default' if sender['is_default'] else ''})"


def _marketing_hours(allowed: Hours | None) -> dict[str, int | None]:
    if allowed is None:
        return {}
    opens, closes = (None, None) if allowed == ALWAYS else (allowed.start, allowed.end)
    return {"marketing_opens": opens, "marketing_closes": closes}
