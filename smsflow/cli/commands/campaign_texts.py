"""`smsflow campaign test` and `export`: the text on a few handsets before, and what came of it in a file afterwards."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import output
from smsflow.cli.commands.campaign_draft import CampaignId, company_of
from smsflow.cli.output import Json
from smsflow.cli.work import in_steps, now, vault
from smsflow.runtime import links, routing_of
from smsflow.services.accounts import companies
from smsflow.services.campaigns import export as exporting
from smsflow.services.campaigns import trial
from smsflow.services.messages.prepare import Limits
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import Database


def add_to(campaign: typer.Typer) -> None:
    """Give the group these commands."""
    campaign.command("test")(try_)
    campaign.command("export")(export)


def try_(
    campaign: CampaignId,
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER…", help=f"At most {trial.MOST} numbers.")],
    *,
    as_json: Json = False,
) -> None:
    """Send the text, with the values of the first recipient, to a few numbers; charged as any SMS."""

    async def job(database: Database, settings: Settings) -> list[trial.Tried]:
        limits = Limits(settings.message_segments_limit, timedelta(hours=settings.validity_hours))
        async with database.transaction() as tx:
            company = (await companies.account(tx, await company_of(tx, campaign))).company
            return await trial.send_test(
                tx,
                company,
                campaign,
                numbers,
                routes=(await routing_of(tx)).table,
                limits=limits,
                links=links(settings),
                fingerprint=vault(settings).fingerprint,
                now=now(),
            )

    sent = in_steps(job)
    document = {"id": campaign, "messages": [asdict(one) for one in sent], "credits": sum(o.segments for o in sent)}
    sentence = "\n".join(f"{one.id} to {one.number}: {one.text}" for one in sent)
    output.result(document, sentence, as_json=as_json)


def export(
    campaign: CampaignId,
    file: Annotated[
        Path | None, typer.Argument(help="Where to write: a name that ends in .csv or .xlsx; else campaign-ID.")
    ] = None,
    *,
    form: Annotated[
        Literal["csv", "xlsx"] | None, typer.Option("--format", help="csv, or xlsx; else by the name of the file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the result of every recipient into a file."""
    into = file or Path(f"campaign-{campaign}.{form or 'csv'}")
    if form is not None and into.suffix.lower() != f".{form}":
        raise typer.BadParameter(f"the file's name ends in {into.suffix or 'nothing'}.", param_hint="--format")

    async def job(database: Database, _settings: Settings) -> int:
        async with database.autocommit() as tx:
            company = (await companies.account(tx, await company_of(tx, campaign))).company
            return await exporting.export(tx, company, campaign, into)

    written: Any = in_steps(job)
    document = {"id": campaign, "file": str(into), "recipients": written}
    output.result(document, f"Recipients written into {into}: {written}.", as_json=as_json)
