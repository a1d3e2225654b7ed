"""`smsflow campaign launch|submit|approve|send-back|pause|resume|cancel|show`: what is done to a prepared campaign, and what it has come to."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer

from smsflow.cli import output
from smsflow.cli.commands.campaign_draft import CampaignId, company_of
from smsflow.cli.commands.campaign_result import document, print_tables
from smsflow.cli.options import Yes, confirm
from smsflow.cli.output import Json
from smsflow.cli.streams import note
from smsflow.cli.work import now, read, transact
from smsflow.services.accounts import companies
from smsflow.services.campaigns import approval, hours
from smsflow.services.campaigns import launch as acts
from smsflow.services.campaigns import result as results
from smsflow.services.campaigns.draft import show as show_draft
from smsflow.store.postgres.transactions import Tx


def add_to(campaign: typer.Typer) -> None:
    """Give the group these commands."""
    for command in (launch, submit, approve, pause, resume, cancel, show):
        campaign.command(command.__name__)(command)
    campaign.command("send-back")(send_back)


def launch(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Reserve what a prepared campaign costs, and let it run now or at its time."""
    _act(acts.launch, campaign, as_json=as_json)


def submit(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Ask for the approval of a prepared campaign."""
    _act(approval.submit, campaign, as_json=as_json)


def approve(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Approve a submitted campaign: it runs, now or at its time."""
    _act(approval.approve, campaign, as_json=as_json)


def send_back(
    campaign: CampaignId,
    *,
    reason: Annotated[str, typer.Option("--reason", help="What its authors have to change.")],
    as_json: Json = False,
) -> None:
    """Give a submitted campaign back to its authors, with the reason."""
    _act(partial(approval.send_back, reason=reason), campaign, as_json=as_json)


def pause(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Hold a campaign: what has not left waits."""
    _act(acts.pause, campaign, as_json=as_json)


def resume(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Let a held campaign go on from where it was."""
    _act(acts.resume, campaign, as_json=as_json)


def cancel(campaign: CampaignId, *, yes: Yes = False, as_json: Json = False) -> None:
    """End a campaign: what has not left is cancelled, and its credits come back."""
    confirm(f"End campaign {campaign} for good?", yes=yes, program=as_json)
    _act(acts.cancel, campaign, as_json=as_json)


def show(campaign: CampaignId, *, as_json: Json = False) -> None:
    """Show the figures of a campaign."""
    seen = read(lambda tx: _shown(tx, campaign))
    found, waits_until = seen.found
    if output.reading({**document(found), "waits_until": waits_until}, database=seen.database, as_json=as_json):
        return
    print_tables(found)
    if waits_until is not None:
        note(f"It waits for its hours, or for another day: it goes on at {waits_until:%Y-%m-%d %H:%M %Z}.")


def _act(act: Callable[..., Awaitable[Any]], campaign_id: int, *, as_json: bool) -> None:
    async def job(tx: Tx) -> results.Result:
        company_id = await company_of(tx, campaign_id)
        await act(tx, company_id, campaign_id, now=now())
        return await results.result(tx, company_id, campaign_id)

    done = transact(job)
    output.result(document(done), f"Campaign {done.id} ({done.name}) is {done.state}.", as_json=as_json)


async def _shown(tx: Tx, campaign_id: int) -> tuple[results.Result, datetime | None]:
    """Return a campaign's figures, and when it goes on that now writes to nobody."""
    company_id = await company_of(tx, campaign_id)
    found = await results.result(tx, company_id, campaign_id)
    if found.state != "running" or found.text is None:
        return found, None
    company = (await companies.account(tx, company_id)).company
    campaign = await show_draft(tx, company_id, campaign_id)
    return found, await hours.waits_until(tx, company, campaign, now=now())
