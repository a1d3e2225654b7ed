"""`smsflow campaign`: names under which SMS are counted, and campaigns that are drafted, launched and watched."""

from dataclasses import asdict

import typer

from smsflow.cli import output
from smsflow.cli.commands import campaign_acts, campaign_again, campaign_draft, campaign_pace, campaign_texts
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyId, CompanyOption, Name
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.services.accounts import companies
from smsflow.services.campaigns import names
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    campaign = noun("Campaigns: SMS to many people, and names under which SMS are counted.")
    campaign.command("add")(add)
    campaign.command("list")(list_)
    campaign_draft.add_to(campaign)
    campaign_acts.add_to(campaign)
    campaign_pace.add_to(campaign)
    campaign_again.add_to(campaign)
    campaign_texts.add_to(campaign)
    app.add_typer(campaign, name="campaign")


def add(company: CompanyId, name: Name, *, as_json: Json = False) -> None:
    """Add a campaign to a company."""

    async def job(tx: Tx) -> tuple[int, int]:
        company_id = (await companies.find(tx, company)).id
        return await names.add(tx, company_id, name), company_id

    campaign_id, company_id = transact(job)
    campaign = {"id": campaign_id, "company_id": company_id, "name": name}
    output.result(campaign, f"Campaign {campaign_id} of company {company_id} is {name}.", as_json=as_json)


def list_(*, company: CompanyOption, as_json: Json = False) -> None:
    """List a company's campaigns, the newest first."""

    async def job(tx: Tx) -> list[names.CampaignName]:
        return await names.of_company(tx, (await companies.find(tx, company)).id)

    seen = read(job)
    shown = [{**asdict(c), "kind": c.kind.name.lower()} for c in seen.found]
    if output.reading({"campaigns": shown}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "kind", "state", "since"),
        [(c["id"], c["name"], c["kind"], c["state"], c["created_at"]) for c in shown],
        none="There is no campaign: add one with `smsflow campaign add COMPANY NAME`.",
    )
