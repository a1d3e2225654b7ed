"""`smsflow token`: the credentials of programs."""

from dataclasses import asdict

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, Limit
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact
from smsflow.services.accounts import companies, tokens
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    token = noun("Tokens: the credentials of programs.")
    token.command("list")(list_)
    token.command("revoke")(revoke)
    app.add_typer(token, name="token")


def list_(*, company: CompanyFilter = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List the tokens that were given out, never the tokens themselves: they are not stored."""

    async def job(tx: Tx) -> list[tokens.Issued]:
        company_id = None if company is None else (await companies.find(tx, company)).id
        return await tokens.issued(tx, company_id=company_id, limit=limit)

    seen = read(job)
    if output.reading({"tokens": [asdict(t) for t in seen.found]}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("fingerprint", "user", "company", "given out", "expires"),
        [(t.fingerprint, t.username, t.company_id, t.created_at, t.expires_at) for t in seen.found],
        none="No token was given out.",
    )


def revoke(*, as_json: Json = False) -> None:
    """Revoke the token that standard input gives; every process refuses it at once."""
    token = options.read_secret("Token")
    transact(lambda tx: tokens.revoke(tx, token))
    output.result({"revoked": True}, "The token is revoked.", as_json=as_json)
