"""`smsflow token`: what programs prove themselves with."""

import typer

from smsflow.cli import options, output
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.errors import NotFound
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import tokens
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    token = typer.Typer(help="Tokens: what programs prove themselves with.", no_args_is_help=True)
    token.callback()(lambda: None)
    token.command("revoke")(revoke)
    app.add_typer(token, name="token")


def revoke(*, as_json: Json = False) -> None:
    """Revoke the token that standard input gives; every process refuses it at once."""
    hashed = digest(options.read_secret("Token"))

    async def job(tx: Tx) -> None:
        if not await tokens.revoke_token(tx, hashed):
            raise NotFound(what="such", id="token")

    transact(job)
    output.result({"revoked": True}, "The token is revoked.", as_json=as_json)
