"""Companies, users, tokens and ways out for tests: a call shows the numbers that matter and makes up the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from smsflow import runtime
from smsflow.domain.account import Company, User
from smsflow.domain.message import Kind
from smsflow.runtime import Platform
from smsflow.services.accounts.companies import open_company
from smsflow.services.accounts.passwords import hash_password
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import companies, senders, tokens, users
from smsflow.store.campaigns import names
from smsflow.store.credits import balances
from smsflow.store.credits.ledger import Broken, check
from smsflow.store.routing import connectors, routes

TIMEZONE = "Africa/Douala"
PASSWORD = "ndolè-2026"  # noqa: S105 - opens nothing outside a test
# No password has this hash: making a real one takes 25 ms, and most users of a test never log in.
_NOBODYS_HASH = "!"


async def a_company(
    platform: Platform,
    *,
    name: str = "Boutique Awa",
    country: str = "CM",
    timezone: str = TIMEZONE,
    credits: int = 10,
    sender: str | None = "AWA",
    suspended: bool = False,
    send_rate: int | None = None,
) -> Company:
    """Add a company and return it."""
    async with platform.database.transaction() as tx:
        company_id = await open_company(
            tx,
            name,
            country=country,
            timezone=timezone,
            credits=credits,
            sender=sender,
            now=runtime.now(),
        )
        if suspended:
            await companies.set_suspended(tx, company_id, suspended=True)
        if send_rate is not None:
            await companies.set_send_rate(tx, company_id, send_rate)
        company = await companies.company(tx, company_id)
    platform.directory.forget()
    assert company is not None  # noqa: S101 - it was added above
    return company


async def a_user(
    platform: Platform,
    company: Company,
    *,
    username: str = "awa",
    password: str | None = PASSWORD,
    is_admin: bool = False,
) -> User:
    """Add a user of a company; without a password it cannot log in, and is made in no time."""
    hashed = _NOBODYS_HASH if password is None else hash_password(password)
    async with platform.database.transaction() as tx:
        user_id = await users.add_user(
            tx,
            username,
            company_id=company.id,
            password_hash=hashed,
            is_admin=is_admin,
        )
    assert user_id is not None, f"there is already a user {username}"  # noqa: S101 - a mistake of the test
    return User(user_id, company.id, username, is_admin, company.name)


async def a_token(
    platform: Platform, company: Company, *, life: timedelta = timedelta(hours=24), now: datetime | None = None
) -> str:
    """Return a token of a new user of the company."""
    token = runtime.new_token()
    user = await a_user(platform, company, username=f"user-{token[:12]}", password=None)
    now = now or runtime.now()
    async with platform.database.transaction() as tx:
        await tokens.add_token(tx, digest(token), user, now=now, expires_at=now + life)
    platform.directory.forget()
    return token


async def a_sender(
    platform: Platform,
    company: Company,
    name: str,
    *,
    state: str = "approved",
    is_default: bool = False,
) -> int:
    """Give a company one more sender; return its id."""
    async with platform.database.transaction() as tx:
        sender_id = await senders.add_sender(tx, company.id, name, state=state, is_default=is_default)
    platform.directory.forget()
    return sender_id


async def a_campaign(
    platform: Platform, company: Company, name: str = "Rentrée", *, kind: Kind = Kind.TRANSACTIONAL
) -> int:
    """Give a company a campaign; return its id."""
    async with platform.database.transaction() as tx:
        campaign_id = await names.add_campaign(tx, company.id, name, kind=kind)
    platform.directory.forget()
    return campaign_id


async def a_connector(
    platform: Platform,
    name: str = "operator",
    *,
    host: str = "127.0.0.1",
    port: int = 2775,
    system_id: str = "smsflow",
    password: str = "secret",  # noqa: S107 - opens nothing outside a test
    **columns: Any,
) -> int:
    """Add a connector, any column by its name; return its id."""
    values: Mapping[str, Any] = {
        "name": name,
        "host": host,
        "port": port,
        "system_id": system_id,
        "password_sealed": platform.vault.seal(password),
        **columns,
    }
    async with platform.database.transaction() as tx:
        connector_id = await connectors.add_connector(tx, values)
    platform.directory.forget()
    assert connector_id is not None, f"there is already a connector {name}"  # noqa: S101 - a mistake of the test
    return connector_id


async def a_route(
    platform: Platform,
    connector_id: int | None = None,
    *,
    priority: int = 100,
    country: str | None = None,
    prefix: str | None = None,
    company_id: int | None = None,
    sender: str | None = None,
    kind: Kind | None = None,
) -> int:
    """Add a route to a connector (or a new one) for every message unless told otherwise; return its id."""
    if connector_id is None:
        connector_id = await a_connector(platform)
    async with platform.database.transaction() as tx:
        route_id = await routes.add_route(
            tx,
            connector_id,
            priority=priority,
            country=country,
            prefix=prefix,
            company_id=company_id,
            sender=sender,
            kind=kind,
        )
    platform.directory.forget()
    return route_id


async def balance(platform: Platform, company: Company) -> int:
    """Return the credits that a company has left."""
    async with platform.database.autocommit() as tx:
        left = await balances.balance(tx, company.id)
    assert left is not None  # noqa: S101 - companies are not removed
    return left


async def broken_invariants(platform: Platform) -> Sequence[Broken]:
    """Return what the ledger's proof finds wrong: nothing, or the test has found a bug."""
    async with platform.database.transaction() as tx:
        return await check(tx)
