"""The database: its pool, its transactions, its migrations and its notifications."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection

MIGRATIONS = Path(__file__).parent / "migrations"

# A lock that only a migration takes, so that two nodes starting together migrate once.
_MIGRATION_LOCK = 7_300_001

# The hot statements join a handful of incoming rows to big tables by their keys. Their plans must not depend on statistics:
# a table that was empty when it was last analysed would otherwise be walked from end to end. JIT would cost more than they do.
# tcp_user_timeout and keepalives: the server lets go of a node that was cut off within 6 seconds, so that another can take its binds.
_SESSION = (
    "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan "
    "-c timezone=UTC -c tcp_keepalives_idle=2 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2 -c tcp_user_timeout=6000 "
    "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
)

CONNECT = {
    "connect_timeout": 5,
    "options": _SESSION,
    "keepalives_idle": 2,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
}


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        """Prepare a pool of `pool` connections to `url` (postgresql://…); nothing is opened yet."""
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            hide_parameters=True,  # an error that reaches a log must not bring customers' texts along
            connect_args=CONNECT,
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        async with self._engine.begin() as tx:
            yield tx

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Tx]:
        """Open a connection on which every statement is a transaction of its own."""
        async with self._autocommit.connect() as tx:
            yield tx

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()


def sqlalchemy_url(url: str) -> str:
    """Return `url` with the psycopg driver named, whatever PostgreSQL scheme it came with."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def libpq_url(url: str) -> str:
    """Return `url` as libpq takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_outage(error: BaseException) -> bool:
    """Tell whether `error` says that the database is away, full or out of connections, rather than that a row is wrong."""
    if isinstance(error, (PoolTimeout, InterfaceError, OSError, asyncio.TimeoutError, psycopg.OperationalError)):
        return True
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name when it says nothing (a time-out does not)."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def migrate(url: str) -> None:
    """Bring the schema up to date; safe to call from several nodes at once."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            connection.commit()
            try:
                command.upgrade(_alembic(connection), "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _MIGRATION_LOCK})
                connection.commit()
    finally:
        engine.dispose()


async def is_migrated(tx: Tx) -> bool:
    """Tell whether every migration was applied; raises when the database is away."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    return await tx.run_sync(lambda connection: MigrationContext.configure(connection).get_current_revision()) == head


async def listen(
    url: str, channels: tuple[str, ...], heard: Callable[[str, str], None], *, connected: Callable[[], None]
) -> None:
    """Call `heard(channel, payload)` for every notification until cancelled; raises when the connection is lost.

    `connected` is called once listening has begun: what changed before that moment was not heard.
    """
    connection = await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **_plain_connect())
    async with connection:
        for channel in channels:
            await connection.execute(f"LISTEN {channel}")
        connected()
        async for notification in connection.notifies():
            heard(notification.channel, notification.payload)


def _plain_connect() -> dict[str, Any]:
    return {k: v for k, v in CONNECT.items() if k != "options"}


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
