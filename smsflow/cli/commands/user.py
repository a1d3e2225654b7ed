"""`smsflow user`: who may log in for a company."""

from typing import Annotated, Any

import typer

from smsflow.cli import options, output
from smsflow.cli.options import CompanyOption, Name, PasswordStdin
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.errors import NotFound
from smsflow.services.accounts import passwords, users
from smsflow.store.accounts import users as stored
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    user = typer.Typer(help="Users: who may log in for a company.", no_args_is_help=True)
    user.command("add")(add)
    user.command("password")(password)
    app.add_typer(user, name="user")


def add(
    username: Name,
    *,
    company: CompanyOption,
    admin: Annotated[bool, typer.Option("--admin", help="An administrator of the company.")] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add a user; without --password-stdin a password is made and printed this once."""
    chosen, made = options.user_password(from_stdin=password_stdin)

    async def job(tx: Tx) -> int:
        return await users.add_user(tx, username, chosen, company_id=company, is_admin=admin)

    user: dict[str, Any] = {"id": transact(job), "username": username, "company_id": company, "is_admin": admin}
    _tell(user, f"User {username} may log in for company {company}.", chosen if made else None, as_json=as_json)


def password(username: Name, *, password_stdin: PasswordStdin = False, as_json: Json = False) -> None:
    """Change a user's password and end all its tokens; without --password-stdin a password is made."""
    chosen, made = options.user_password(from_stdin=password_stdin)

    async def job(tx: Tx) -> dict[str, Any]:
        login = await stored.login(tx, username)
        if login is None:
            raise NotFound(what="user", id=username)
        await stored.set_password(tx, login.user.id, passwords.hash_password(chosen))
        return {"id": login.user.id, "username": login.user.username, "company_id": login.user.company_id}

    _tell(transact(job), f"User {username} has a new password.", chosen if made else None, as_json=as_json)


def _tell(user: dict[str, Any], sentence: str, made: str | None, *, as_json: bool) -> None:
    if made is None:
        output.result(user, sentence, as_json=as_json)
    else:
        output.result({**user, "password": made}, f"{sentence}\nPassword (shown this once): {made}", as_json=as_json)
