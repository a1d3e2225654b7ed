"""The running platform: its clock, its randomness, its database, and what every process keeps in memory of accounts and routes."""

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import structlog

from smsflow import observe
from smsflow.domain.account import Caller, Company
from smsflow.domain.message import Kind
from smsflow.domain.routing import ConnectorState, Table
from smsflow.domain.stop_way import Links
from smsflow.errors import Unauthenticated
from smsflow.keys import secret_key
from smsflow.services.accounts.tokens import digest
from smsflow.services.mail.outbox import Mail
from smsflow.services.upkeep import connections
from smsflow.settings import Settings, SettingsError
from smsflow.store.accounts import companies, tokens
from smsflow.store.campaigns import names
from smsflow.store.postgres.clock import Clock
from smsflow.store.postgres.notifications import listen
from smsflow.store.postgres.transactions import Database, Tx
from smsflow.store.routing import connectors, routes
from smsflow.store.upkeep import processes
from smsflow.store.upkeep.processes import Process, Work
from smsflow.vault import Vault

K = TypeVar("K")
V = TypeVar("V")

log = structlog.get_logger(__name__)

# Values in memory are read again this often even without a notification of a change; while none can be received, much sooner.
_LIFE = 5.0
_LIFE_UNNOTIFIED = 0.5
_MOST_REMEMBERED = 50_000
_LISTEN_AGAIN = 1.0

_FAREWELL = 1.0
_FIRST_LOOK = 2.0


def now() -> datetime:
    """Return the time of this node, in UTC: to compare it with the database's, by which the platform goes."""
    return datetime.now(UTC)


def new_token() -> str:
    """Return a new API token: 256 bits in 43 characters."""
    return secrets.token_urlsafe(32)


randbelow = secrets.randbelow


def links(settings: Settings) -> Links | None:
    """Return how short addresses are made, or None where the platform has no public one."""
    return None if settings.public_url is None else Links(settings.public_url, randbelow)


class Memory(Generic[K, V]):
    """Values loaded on demand and kept for a few seconds; tasks that want the same one wait for one load."""

    def __init__(self, load: Callable[[K], Awaitable[V]], life: Callable[[], float]) -> None:
        """Load by `load`; keep for `life()` seconds."""
        self._load = load
        self._life = life
        self._kept: dict[K, tuple[float, asyncio.Task[V]]] = {}

    async def get(self, key: K) -> V:
        """Return the value of `key`, loaded now or a moment ago."""
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() < kept[0]:
            task = kept[1]
            if not task.done():
                return await asyncio.shield(task)
            # One that failed while nobody waited for it any more is not an answer.
            if not task.cancelled() and task.exception() is None:
                return task.result()
        if len(self._kept) >= _MOST_REMEMBERED:
            self._kept.clear()
        task = asyncio.ensure_future(self._load(key))
        self._kept[key] = (time.monotonic() + self._life(), task)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._kept.pop(key, None)
            raise

    def forget(self) -> None:
        """Load everything anew when it is asked for."""
        self._kept.clear()


@dataclass(frozen=True, slots=True)
class Routing:
    """Connectors and routes as they are now."""

    table: Table
    connectors: tuple[connectors.Connector, ...]


class Directory:
    """Tokens, companies, campaigns, connectors and routes, at most a moment old; a notification of a change empties it."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Read from `database`; tokens expire by `clock`."""
        self._database = database
        self._clock = clock
        self._listening = False
        self._callers: Memory[bytes, Caller | None] = Memory(self._load_caller, self._life)
        self._companies: Memory[int, Company | None] = Memory(self._load_company, self._life)
        self._campaigns: Memory[tuple[int, int], Kind | None] = Memory(self._load_campaign, self._life)
        self._routing: Memory[None, Routing] = Memory(self._load_routing, self._life)
        self._on_change: list[Callable[[], None]] = []

    async def caller(self, token: str) -> Caller:
        """Return the caller of a token; raise Unauthenticated when it is unknown, revoked or expired."""
        found = await self._callers.get(digest(token))
        if found is None or found.expires_at <= self._clock().timestamp():
            raise Unauthenticated
        return found

    async def company(self, company_id: int) -> Company:
        """Return a company; raise Unauthenticated when it is gone."""
        found = await self._companies.get(company_id)
        if found is None:
            raise Unauthenticated
        return found

    async def campaign_kind(self, company_id: int, campaign_id: int) -> Kind | None:
        """Return what the SMS of the company's campaign are for, or None when it has no such campaign."""
        return await self._campaigns.get((company_id, campaign_id))

    async def routing(self) -> Routing:
        """Return connectors and routes."""
        return await self._routing.get(None)

    def on_change(self, call: Callable[[], None]) -> None:
        """Have `call` called after every notification of a change."""
        self._on_change.append(call)

    async def listen(self) -> None:
        """Receive changes until cancelled; reconnects by itself, and meanwhile nothing is remembered for long."""
        while True:
            try:
                await listen(self._database.url, ("smsflow_changed",), self._received, connected=self._connected)
            except Exception as error:  # noqa: BLE001 - the database is away; say so and try again
                log.warning("changes_not_received", reason=str(error).strip())
            self._listening = False
            self.forget()
            await asyncio.sleep(_LISTEN_AGAIN)

    def forget(self) -> None:
        """Load everything anew."""
        for memory in (self._callers, self._companies, self._campaigns, self._routing):
            memory.forget()
        for call in self._on_change:
            call()

    def _received(self, _channel: str, _payload: str) -> None:
        self.forget()

    def _connected(self) -> None:
        self._listening = True
        self.forget()

    def _life(self) -> float:
        return _LIFE if self._listening else _LIFE_UNNOTIFIED

    async def _load_caller(self, hashed: bytes) -> Caller | None:
        async with self._database.autocommit() as tx:
            return await tokens.caller(tx, hashed)

    async def _load_company(self, company_id: int) -> Company | None:
        async with self._database.autocommit() as tx:
            return await companies.company(tx, company_id)

    async def _load_campaign(self, key: tuple[int, int]) -> Kind | None:
        async with self._database.autocommit() as tx:
            return await names.campaign_kind(tx, *key)

    async def _load_routing(self, _key: None) -> Routing:
        async with self._database.autocommit() as tx:
            return await routing_of(tx)


async def routing_of(tx: Tx) -> Routing:
    """Return connectors and routes as the database has them."""
    known = await connectors.connectors(tx)
    table = Table(await routes.routes(tx), [ConnectorState(c.id, c.name, c.enabled, c.latin1) for c in known])
    return Routing(table, tuple(known))


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts that every process of the platform works with."""

    settings: Settings
    database: Database
    vault: Vault
    directory: Directory
    clock: Clock


def mail(here: Platform) -> Mail:
    """Return the platform's mail."""
    return Mail(here.vault, here.settings.smtp_url is not None, here.settings.public_url)


@asynccontextmanager
async def platform(settings: Settings, url: str, *, role: str | None = None) -> AsyncIterator[Platform]:
    """Open the platform on the database at `url`, receiving changes; closed at the end of the block.

    A process that serves has a `role`, under which it shows that it lives.
    """
    database = Database(url, pool=settings.database_pool)
    clock = Clock()
    with contextlib.suppress(Exception):  # the database may be away: then the clock is set when it is back
        async with asyncio.timeout(_FIRST_LOOK):
            await clock.measure(database)
    directory = Directory(database, clock)
    tasks = [asyncio.create_task(directory.listen()), asyncio.create_task(clock.keep(database))]
    if role is not None:
        tasks.append(asyncio.create_task(_show(database, settings, Process(role, socket.gethostname(), os.getpid()))))
    try:
        yield Platform(settings, database, Vault(secret_key(settings)), directory, clock)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()


def _work(settings: Settings) -> Work:
    accepted, submitted = observe.total(observe.accepted_total), observe.total(observe.submits_total)
    try:
        disk = shutil.disk_usage(settings.data_dir)
    except OSError:  # no data directory: PostgreSQL is a server, and the keys stand in the settings
        return Work(accepted, submitted)
    return Work(accepted, submitted, disk.free, disk.total)


async def _show(database: Database, settings: Settings, process: Process) -> None:
    """Show that this process lives until cancelled, and log when its clock is far from the database's, or the server too small."""
    was_wrong = checked = False
    try:
        while True:
            try:
                async with database.autocommit() as tx:
                    ahead = await processes.beat(tx, process, clock=now(), work=_work(settings))
                    if not checked:
                        checked = True
                        await connections.check_all(tx, settings)
            except SettingsError as error:
                log.error("connections_do_not_fit", reason=str(error))
            except Exception as error:  # noqa: BLE001 - the database is away; what serves says so
                log.debug("not_shown", reason=str(error).strip())
            else:
                is_wrong = abs(ahead) > processes.CLOCK_TOLERANCE
                if is_wrong != was_wrong:
                    log.log(logging.ERROR if is_wrong else logging.INFO, "clock_differs", seconds_ahead=round(ahead, 1))
                was_wrong = is_wrong
            await asyncio.sleep(processes.EVERY)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_FAREWELL), database.autocommit() as tx:
                await processes.leave(tx, process)
