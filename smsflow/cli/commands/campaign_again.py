"""`smsflow campaign retry` and `duplicate`: a new campaign after one that exists."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from smsflow.cli import output
from smsflow.cli.commands.campaign_draft import CampaignId, company_of
from smsflow.cli.commands.campaign_result import document
from smsflow.cli.options import Yes, confirm, one_line
from smsflow.cli.output import Json
from smsflow.cli.streams import note
from smsflow.cli.work import now, transact
from smsflow.services.campaigns import again
from smsflow.services.campaigns import result as results
from smsflow.services.campaigns.again import Split
from smsflow.store.postgres.transactions import Tx

NewName = Annotated[
    str | None, typer.Option("--name", callback=one_line, help="The new one's name; else the same with a number.")
]


def add_to(campaign: typer.Typer) -> None:
    """Give the group these commands."""
    campaign.command("retry")(retry)
    campaign.command("duplicate")(duplicate)


def retry(campaign: CampaignId, *, name: NewName = None, yes: Yes = False, as_json: Json = False) -> None:
    """Draft a campaign of those whose SMS failed for a reason that may pass."""

    async def job(tx: Tx) -> Split:
        return await again.split(tx, await company_of(tx, campaign), campaign)

    found = transact(job)
    if not as_json:
        rows = [(r.reason, r.meaning or "", "again" if r.again else "no", r.recipients) for r in found.reasons]
        output.table(
            ("reason", "meaning", "", "recipients"),
            rows,
            none="Its recipients are not kept any longer." if found.gone else "No SMS of this campaign failed.",
        )
        note(f"{found.failed} failed; {found.again} of them may arrive another time.")
    # A program need not say that it means it: a draft sends nothing, and costs nothing.
    confirm(f"Draft a campaign of these {found.again}?", yes=yes or not found.again or not sys.stdin.isatty())
    made = transact(lambda tx: _retry(tx, campaign, name))
    told = {**document(made), "retry_of": campaign, "split": asdict(found)}
    output.result(told, _drafted(made), as_json=as_json)


def duplicate(campaign: CampaignId, *, name: NewName = None, as_json: Json = False) -> None:
    """Draft a campaign with the text, the recipients and the pace of this one."""

    async def job(tx: Tx) -> results.Result:
        company_id = await company_of(tx, campaign)
        made = await again.duplicate(tx, company_id, campaign, name=name, now=now())
        return await results.result(tx, company_id, made)

    made = transact(job)
    output.result(document(made), _drafted(made), as_json=as_json)


async def _retry(tx: Tx, campaign_id: int, name: str | None) -> results.Result:
    company_id = await company_of(tx, campaign_id)
    made = await again.retry(tx, company_id, campaign_id, name=name, now=now())
    return await results.result(tx, company_id, made)


def _drafted(made: results.Result) -> str:
    return f"Campaign {made.id} ({made.name}) is a draft: smsflow campaign prepare {made.id}"
