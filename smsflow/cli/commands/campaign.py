"""`smsflow campaign`: names under which SMS are counted."""

import typer

from smsflow.cli import output
from smsflow.cli.options import CompanyId, Name
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.errors import NotFound
from smsflow.store import campaigns
from smsflow.store.accounts import companies
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    campaign = typer.Typer(help="Campaigns: names under which SMS are counted.", no_args_is_help=True)
    campaign.callback()(lambda: None)
    campaign.command("add")(add)
    app.add_typer(campaign, name="campaign")


def add(company: CompanyId, name: Name, *, as_json: Json = False) -> None:
    """Add a campaign to a company."""

    async def job(tx: Tx) -> int:
        if await companies.company(tx, company) is None:
            raise NotFound(what="company", id=company)
        return await campaigns.add_campaign(tx, company, name)

    campaign = {"id": transact(job), "company_id": company, "name": name}
    output.result(campaign, f"Campaign {campaign['id']} of company {company} is {name}.", as_json=as_json)
