"""`smsflow campaign adjust`: another speed or other hours for a campaign that is launched."""

from dataclasses import replace
from typing import Annotated, Literal

import typer

from smsflow.cli import output
from smsflow.cli.commands.campaign_draft import CampaignId, company_of
from smsflow.cli.commands.campaign_result import document
from smsflow.cli.options import NONE, limit_of, number_or_none
from smsflow.cli.output import Json
from smsflow.cli.work import now, transact
from smsflow.domain.schedule import Plan, days_of, hours_of
from smsflow.services.campaigns import result as results
from smsflow.services.campaigns.adjust import adjust as adjust_plan
from smsflow.services.campaigns.draft import show
from smsflow.store.postgres.transactions import Tx


def add_to(campaign: typer.Typer) -> None:
    """Give the group this command."""
    campaign.command("adjust")(adjust)


def adjust(
    campaign: CampaignId,
    *,
    per_minute: Annotated[
        str | None, typer.Option("--per-minute", callback=number_or_none, help="The most SMS a minute, or none.")
    ] = None,
    over_hours: Annotated[
        str | None, typer.Option("--over-hours", help="Spread over so many hours from its begin, or none.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option("--hours", help="Hours of the day allowed, such as 08-20, or none.")
    ] = None,
    days: Annotated[
        str | None, typer.Option("--days", help="Days of the week allowed, such as mon-fri,sat, or none.")
    ] = None,
    outside: Annotated[
        Literal["wait", "refuse"] | None, typer.Option("--outside", help="What is outside the hours: wait or refuse.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change how fast, or in which hours, a launched campaign goes on; it takes effect at once."""

    async def job(tx: Tx) -> tuple[results.Result, Plan]:
        company_id = await company_of(tx, campaign)
        plan = Plan.read((await show(tx, company_id, campaign)).plan)
        if per_minute is not None:
            plan = replace(plan, per_minute=limit_of(per_minute))
        if over_hours is not None:
            plan = replace(plan, over_hours=_hours(over_hours))
        if hours is not None:
            allowed = hours_of(hours)
            plan = replace(plan, start=allowed.start, end=allowed.end)
        if days is not None:
            plan = replace(plan, days=days_of(days))
        if outside is not None:
            plan = replace(plan, outside=outside)
        await adjust_plan(tx, company_id, campaign, plan, now=now())
        return await results.result(tx, company_id, campaign), plan

    done, plan = transact(job)
    told = {**document(done), "plan": plan.stored()}
    output.result(told, f"Campaign {done.id} ({done.name}) goes on by its new plan.", as_json=as_json)


def _hours(written: str) -> float | None:
    if written.lower() == NONE:
        return None
    try:
        return float(written)
    except ValueError:
        raise typer.BadParameter("it is a number of hours, or none.", param_hint="--over-hours") from None
