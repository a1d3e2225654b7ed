"""The demo: a company with something to see, its people, and the simulated operator; made once and then left as the user changes them."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from smsflow.cli.processes import demo_company
from smsflow.datadir import write_private
from smsflow.domain.access import Role
from smsflow.runtime import Platform
from smsflow.services.accounts import companies, passwords, people, users
from smsflow.services.routing import connectors, routes
from smsflow.services.routing.routes import Conditions
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import Tx
from smsflow.vault import VaultLocked

COMPANY: Final = "Démo SMSFLOW"
USERNAME: Final = "demo"
CONNECTOR: Final = "demo"
OPERATOR: Final = "demo-operator"
CREDITS: Final = 10_000
NUMBER: Final = "690000001"
_COUNTRY: Final = "CM"
_TIMEZONE: Final = "Africa/Douala"
_SENDER: Final = "SMSFLOW"
_LOOPBACK: Final = "127.0.0.1"
_EVERYWHERE: Final = {"0.0.0.0": _LOOPBACK, "::": "::1"}
_CHOSEN: Final = "the one that you chose"


@dataclass(frozen=True, slots=True)
class Demo:
    """The account and the operator of the demo. Without a password, the user has chosen another.

    `operator_password` is that of the platform's own account; the empty one: there is no such account.
    """

    address: str
    username: str
    password: str | None = field(repr=False)
    curl: str = field(repr=False)
    smsc_password: str = field(repr=False)
    operator_password: str | None = field(repr=False, default="")

    def greeting(self, address: str) -> str:
        """Return what `smsflow run --demo` prints when the platform answers at `address`."""
        lines = [
            f"  username: {self.username}",
            f"  password: {self.password or _CHOSEN}",
            "  an SMS, sent through the simulated operator:",
            f"    {curl(address, self.username, self.password)}",
            f"  the company's console, with the same username and password: {address}/sign-in",
        ]
        if self.operator_password != "":
            lines += [
                f"  the platform's console: {address}/sign-in",
                f"    username: {OPERATOR}",
                f"    password: {self.operator_password or _CHOSEN}",
            ]
        return "\n".join(lines)


async def prepare(platform: Platform, *, smsc_port: int) -> Demo:
    """Make what the demo needs and is not there yet; keep what the user changed; return what to print."""
    data_dir = platform.settings.data_dir
    async with platform.database.transaction() as tx:
        known = {account.company.name: account.company.id for account in await companies.every(tx)}
        company_id = known.get(COMPANY)
        password = await _account(tx, data_dir / "demo_password", company_id, now=platform.clock())
        smsc_password = await _operator(tx, platform, smsc_port)
        # A database with other companies is somebody's own: no account for all of it, and nothing is sent.
        operator_password = await _platform_account(
            tx, data_dir / "demo_operator_password", alone=known.keys() <= {COMPANY}
        )
        made = None if known else await users.find(tx, USERNAME)
        if made is not None:
            await demo_company.furnish(tx, platform, made.user.company_id, connector=CONNECTOR, now=platform.clock())
    address = address_of(platform.settings)
    return Demo(address, USERNAME, password, curl(address, USERNAME, password), smsc_password, operator_password)


def address_of(settings: Settings) -> str:
    """Return the address of the HTTP server as a program on this machine reaches it."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host = _EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def curl(address: str, username: str, password: str | None) -> str:
    """Return one command that gets a token and sends an SMS with it."""
    login = f"-d username={username} -d password={password or 'YOUR-PASSWORD'}"
    token = f"""$(curl -s {login} {address}/auth2/get_token_auth/ | sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')"""
    message = "--data-urlencode 'message=Bonjour de SMSFLOW'"
    return f'curl -s -H "Authorization: Token {token}" -d number={NUMBER} {message} {address}/apiv2/sms/'


def _kept(file: Path) -> str | None:
    return file.read_text(encoding="utf-8").strip() if file.exists() else None


async def _account(tx: Tx, file: Path, company_id: int | None, *, now: datetime) -> str | None:
    """Make the company and the user where they are missing; return the password, or None when it is another now."""
    kept = _kept(file)
    found = await users.find(tx, USERNAME)
    if found is not None and kept is not None:
        return kept if passwords.is_password(found.password_hash, kept) else None
    if found is not None and found.user.company_id != company_id:
        return None
    password = _new_password(file, kept)
    if found is not None:
        await users.set_password(tx, USERNAME, password)
        return password
    company_id = company_id or await companies.open_company(
        tx, COMPANY, country=_COUNTRY, timezone=_TIMEZONE, credits=CREDITS, sender=_SENDER, now=now
    )
    await users.add_user(tx, USERNAME, password, company_id=company_id, is_admin=False, role=Role.ADMIN)
    return password


async def _platform_account(tx: Tx, file: Path, *, alone: bool) -> str | None:
    """Make the account of the platform's operator where the demo is `alone`; return the password, None when it is another now, "" without one."""
    kept = _kept(file)
    found = await people.named(tx, OPERATOR)
    if found is not None and not found.person.operator:
        return ""
    if found is not None:
        return kept if kept is not None and passwords.is_password(found.password_hash, kept) else None
    if not alone:
        return ""
    password = _new_password(file, kept)
    await people.add_operator(tx, OPERATOR, password, role=Role.ADMIN)
    return password


def _new_password(file: Path, kept: str | None) -> str:
    # Written before the commit: a password kept without its user is used at the next start.
    password = kept or "d" + secrets.token_urlsafe(12)
    write_private(file, password + "\n")
    return password


async def _operator(tx: Tx, platform: Platform, port: int) -> str:
    """Make the connector and its route where they are missing; return the password it binds with."""
    known = next((c.connector for c in await connectors.every(tx) if c.connector.name == CONNECTOR), None)
    password = _smsc_password()
    if known is None:
        values = {"host": _LOOPBACK, "port": port, "system_id": CONNECTOR}
        await connectors.add(tx, CONNECTOR, {**values, "password_sealed": platform.vault.seal(password)})
        await routes.add(tx, CONNECTOR, Conditions(country=_COUNTRY), priority=100)
        return password
    if known.host != _LOOPBACK:
        # The user has turned it into a real operator's: its password is none of the simulator's business.
        return password
    if known.port != port:
        await connectors.change(tx, CONNECTOR, {"port": port})
    try:
        return platform.vault.open(known.password_sealed)
    except VaultLocked:
        # The key of a data directory that was lost; here both ends of the bind are ours.
        await connectors.change(tx, CONNECTOR, {"password_sealed": platform.vault.seal(password)})
        return password


def _smsc_password() -> str:
    """Return a password for the simulated operator: SMPP allows eight characters."""
    return secrets.token_hex(4)
