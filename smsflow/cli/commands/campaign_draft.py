"""`smsflow campaign draft` and `prepare`: what a campaign says, to whom and when, and what it will cost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from smsflow.cli import output
from smsflow.cli.commands.campaign_result import document
from smsflow.cli.options import CompanyOption, Name, kind_of, sender
from smsflow.cli.options import timezone as known_timezone
from smsflow.cli.output import Json
from smsflow.cli.progress import ProgressBar
from smsflow.cli.work import in_steps, now, transact
from smsflow.domain.message import Kind
from smsflow.domain.schedule import Plan, days_of, hours_of
from smsflow.errors import NotFound
from smsflow.runtime import links, routing_of
from smsflow.services.accounts import companies
from smsflow.services.campaigns import draft as drafting
from smsflow.services.campaigns import prepare as preparing
from smsflow.services.campaigns import result as results
from smsflow.services.campaigns.cost import cost_of
from smsflow.services.contacts.number_files import numbers as numbers_of
from smsflow.services.messages.prepare import Limits
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import Database, Tx

CampaignId = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="The campaign's id.")]


def add_to(campaign: typer.Typer) -> None:
    """Give the group these commands."""
    campaign.command("draft")(draft)
    campaign.command("prepare")(prepare)


def draft(
    name: Name,
    *,
    company: CompanyOption,
    text: Annotated[str, typer.Option("--text", help="The text, with variables such as {prenom|cher client}.")],
    lists: Annotated[list[str] | None, typer.Option("--list", help="A list to write to; may be repeated.")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without-list", help="A list that is left out; may be repeated.")
    ] = None,
    numbers: Annotated[
        Path | None,
        typer.Option(
            "--numbers", help="A file with numbers: CSV, XLSX, vCard or text; its other columns are variables."
        ),
    ] = None,
    sender_id: Annotated[str | None, typer.Option("--sender", callback=sender, help="Else the default one.")] = None,
    kind: Annotated[str, typer.Option("--kind", help="marketing or transactional.")] = "marketing",
    at: Annotated[str | None, typer.Option("--at", help="When to begin, such as 2026-12-01T09:00.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Of --at; else the company's.")] = None,
    per_minute: Annotated[int | None, typer.Option("--per-minute", min=1, help="The most SMS a minute.")] = None,
    over_hours: Annotated[
        float | None, typer.Option("--over-hours", min=0.1, help="Spread over so many hours.")
    ] = None,
    hours: Annotated[str | None, typer.Option("--hours", help="Hours of the day allowed, such as 08-20.")] = None,
    days: Annotated[str | None, typer.Option("--days", help="Days of the week allowed, such as mon-fri,sat.")] = None,
    outside: Annotated[str, typer.Option("--outside", help="What is outside the hours: wait or refuse.")] = "wait",
    validity: Annotated[
        int | None, typer.Option("--validity", min=60, max=604_800, help="Seconds until an SMS expires.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Store a campaign as a draft; nothing is sent and nothing is charged."""
    if kind not in {"marketing", "transactional"}:
        raise typer.BadParameter("it is marketing or transactional.", param_hint="--kind")
    if outside not in {"wait", "refuse"}:
        raise typer.BadParameter("it is wait or refuse.", param_hint="--outside")
    allowed = hours_of(hours) if hours else Plan().hours
    plan = Plan(
        allowed.start,
        allowed.end,
        days_of(days) if days else Plan().days,
        "wait" if outside == "wait" else "refuse",
        per_minute,
        over_hours,
        validity,
    )
    zone = known_timezone(timezone) if timezone else None
    wanted_kind = kind_of(kind) or Kind.MARKETING

    async def job(tx: Tx) -> results.Result:
        found = await companies.find(tx, company)
        people = numbers_of(numbers, found) if numbers else {}
        asked = drafting.Draft(
            name,
            text,
            lists=lists or [],
            without=without or [],
            numbers=list(people),
            values=people,
            sender=sender_id,
            kind=wanted_kind,
            starts_at=_moment(at, zone or found.timezone),
            plan=plan,
        )
        campaign_id = await drafting.draft(tx, found, asked, now=now())
        return await results.result(tx, found.id, campaign_id)

    made = transact(job)
    output.result(document(made), f"Campaign {made.id} is a draft: smsflow campaign prepare {made.id}", as_json=as_json)


def prepare(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Make the campaign's list of recipients, and say to the credit what it will cost."""
    done = in_steps(lambda database, settings: _prepare(database, settings, campaign))
    missing = "" if done["balance_after"] >= 0 else f" {-done['balance_after']} credits are missing."
    sentence = (
        f"{done['recipients']} recipients, {sum(done['refused'].values())} of them not written to; "
        f"{done['credits']} credits, {done['balance_after']} left after.{missing}"
    )
    output.result(done, sentence, as_json=as_json)


async def _prepare(database: Database, settings: Settings, campaign_id: int) -> dict[str, Any]:
    async with database.transaction() as tx:
        company_id = await company_of(tx, campaign_id)
        company = (await companies.account(tx, company_id)).company
        routing = await routing_of(tx)
        walk = await preparing.begin(tx, company_id, campaign_id)
    limits = Limits(segments=settings.message_segments_limit)
    with ProgressBar("recipients") as bar:
        while not walk.done:
            async with database.transaction() as tx:
                walk = await preparing.step(
                    tx, company, campaign_id, walk, routes=routing.table, limits=limits, links=links(settings)
                )
            bar.show(walk.place)
    async with database.transaction() as tx:
        shown = await drafting.show(tx, company_id, campaign_id)
        cost = await cost_of(tx, shown, now=now())
    names = {c.id: c.name for c in routing.connectors}
    return {
        "id": campaign_id,
        "state": shown.state,
        "recipients": cost.recipients,
        "refused": cost.refused,
        "segments": cost.segments,
        "credits": cost.credits,
        "balance_after": cost.balance_after,
        "by_operator": [
            {
                "operator": names.get(s.connector_id, str(s.connector_id)),
                "recipients": s.recipients,
                "segments": s.segments,
                "credits": s.segments,
            }
            for s in cost.shares
        ],
    }


async def company_of(tx: Tx, campaign_id: int) -> int:
    """Return the company of a campaign; raise NotFound."""
    company_id = await results.company_of(tx, campaign_id)
    if company_id is None:
        raise NotFound(what="campaign", id=campaign_id)
    return company_id


def _moment(written: str | None, timezone: str) -> datetime | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter("a time is written 2026-12-01T09:00.", param_hint="--at") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
