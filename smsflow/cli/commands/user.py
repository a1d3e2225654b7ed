"""`smsflow user`: the people who may log in for a company."""

from typing import Annotated, Any

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, Name, PasswordStdin
from smsflow.cli.output import Json
from smsflow.cli.work import now, read, transact
from smsflow.domain.access import Role
from smsflow.errors import NotFound
from smsflow.runtime import new_token
from smsflow.services.accounts import companies, invitations, people, resets, users
from smsflow.services.accounts.invitations import Handed
from smsflow.services.accounts.users import Credentials
from smsflow.settings import load
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    user = noun("Users: the people who may log in for a company.")
    user.command("add")(add)
    user.command("list")(list_)
    user.command("password")(password)
    user.command("invite")(invite)
    user.command("reset")(reset)
    user.command("disable")(disable)
    user.command("enable")(enable)
    app.add_typer(user, name="user")


def add(
    username: Name,
    *,
    company: CompanyFilter = None,
    admin: Annotated[
        bool, typer.Option("--admin", help="An administrator of the company; the same as --role admin.")
    ] = False,
    role: Annotated[
        str | None,
        typer.Option("--role", help="In the console: admin, marketing, approver, developer, accountant or reader."),
    ] = None,
    operator: Annotated[
        bool,
        typer.Option(
            "--operator", help="One of the platform's own people: sees /ops; with --role reader, changes nothing."
        ),
    ] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add a user; without --password-stdin a password is made and printed this once."""
    given = _role(role, admin=admin)
    if operator == (company is not None):
        raise typer.BadParameter("a user is of a company (--company) or of the platform (--operator).")
    chosen, made = options.user_password(from_stdin=password_stdin)

    async def job(tx: Tx) -> tuple[int, int | None]:
        if company is None:
            return await people.add_operator(tx, username, chosen, role=given or Role.ADMIN), None
        company_id = (await companies.find(tx, company)).id
        is_admin = given is Role.ADMIN
        return await users.add_user(
            tx, username, chosen, company_id=company_id, is_admin=is_admin, role=given
        ), company_id

    user_id, company_id = transact(job)
    user = {"id": user_id, "username": username, "company_id": company_id, "is_admin": given is Role.ADMIN}
    where = f"for company {company_id}" if company_id is not None else "at /ops"
    _print(user, f"User {username} may log in {where}.", chosen if made else None, as_json=as_json)


def _role(written: str | None, *, admin: bool) -> Role | None:
    if written is None:
        return Role.ADMIN if admin else None
    try:
        return Role(written)
    except ValueError:
        raise typer.BadParameter(f"a role is one of {', '.join(Role)}.", param_hint="--role") from None


def list_(*, company: CompanyFilter = None, as_json: Json = False) -> None:
    """List the users of every company, or of one."""

    async def job(tx: Tx) -> list[Credentials]:
        company_id = None if company is None else (await companies.find(tx, company)).id
        return await users.every(tx, company_id=company_id)

    seen = read(job)
    found = [_document(user) for user in seen.found]
    if output.reading({"users": found}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "username", "company", "administrator", "state"),
        [
            (u["id"], u["username"], u["company_id"], u["is_admin"], "disabled" if u["disabled"] else "active")
            for u in found
        ],
        none="There is no user: add one with `smsflow user add NAME --company COMPANY`.",
    )


def password(username: Name, *, password_stdin: PasswordStdin = False, as_json: Json = False) -> None:
    """Change a user's password and end all its tokens; without --password-stdin a password is made."""
    chosen, made = options.user_password(from_stdin=password_stdin)
    user = transact(lambda tx: users.set_password(tx, username, chosen)).user
    document = {"id": user.id, "username": user.username, "company_id": user.company_id}
    _print(document, f"User {username} has a new password.", chosen if made else None, as_json=as_json)


def invite(
    company: Annotated[str, typer.Argument(help="The company, by its id or name.")],
    *,
    role: Annotated[str, typer.Option("--role", help="As in `user add`.")] = "marketing",
    as_json: Json = False,
) -> None:
    """Make a link by which somebody makes an account of their own; it works once, for seven days."""
    given = _role(role, admin=False) or Role.MARKETING

    async def job(tx: Tx) -> Handed:
        found = await companies.find(tx, company)
        return await invitations.invite(
            tx, found, role=given, email=None, author="SMSFLOW", mail=None, new_token=new_token, now=now()
        )

    _print_link(f"/invitations/{transact(job).token}", "It makes one account, within seven days.", as_json=as_json)


def reset(username: Name, *, as_json: Json = False) -> None:
    """Make a link to a new password for a user; it works once, for 24 hours."""

    async def job(tx: Tx) -> Handed:
        found = await people.named(tx, username)
        if found is None or found.disabled:
            raise NotFound(what="user", id=username)
        return await resets.make(tx, found, author="SMSFLOW", language="fr", mail=None, new_token=new_token, now=now())

    _print_link(f"/reset/{transact(job).token}", "It changes the password once, within 24 hours.", as_json=as_json)


def _print_link(path: str, sentence: str, *, as_json: bool) -> None:
    address = (load().public_url or "").rstrip("/") + path
    output.result({"link": address}, f"{sentence}\n{address}", as_json=as_json)


def disable(username: Name, *, as_json: Json = False) -> None:
    """Lock a user out; all its tokens end at once."""
    _set_disabled(username, disabled=True, as_json=as_json)


def enable(username: Name, *, as_json: Json = False) -> None:
    """Let a disabled user log in again."""
    _set_disabled(username, disabled=False, as_json=as_json)


def _set_disabled(username: str, *, disabled: bool, as_json: bool) -> None:
    user = transact(lambda tx: users.set_disabled(tx, username, disabled=disabled))
    sentence = (
        f"User {user.user.username} {'is disabled, and its tokens have ended' if disabled else 'may log in again'}."
    )
    output.result({**_document(user), "disabled": disabled}, sentence, as_json=as_json)


def _document(user: Credentials) -> dict[str, Any]:
    return {
        "id": user.user.id,
        "username": user.user.username,
        "company_id": user.user.company_id,
        "is_admin": user.user.is_admin,
        "disabled": user.disabled,
    }


def _print(user: dict[str, Any], sentence: str, made: str | None, *, as_json: bool) -> None:
    if made is None:
        output.result(user, sentence, as_json=as_json)
    else:
        output.result({**user, "password": made}, f"{sentence}\nPassword (shown this once): {made}", as_json=as_json)
