"""The database: its pool, its transactions, its migrations and its notifications."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from smsflow.store.postgres.pool import Connection, Pool

MIGRATIONS = Path(__file__).parent.parent / "migrations"

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


_NAMED = re.compile(r"(?<![:\w]):([a-z_]\w*)")


def text(statement: str) -> str:
    """Return `statement` with its `:name` parameters as psycopg binds them."""
    return _NAMED.sub(r"%(\1)s", statement.replace("%", "%%"))


class Rows(list[Any]):
    """The rows of a statement, as tuples."""

    def all(self) -> "Rows":
        """Return all of them."""
        return self

    def one(self) -> Any:
        """Return the only row; raise LookupError when there is none, or another."""
        if len(self) != 1:
            raise LookupError(f"one row was expected, and {len(self)} came")
        return self[0]

    def one_or_none(self) -> Any:
        """Return the only row, or None; raise LookupError when there are several."""
        return self.one() if self else None

    def scalar_one(self) -> Any:
        """Return the first value of the only row."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """Return the first value of the only row, or None."""
        return self.one()[0] if self else None


class Tx:
    """A connection as the store's functions take it: inside a transaction, or one on which every statement is one."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        """Run statements on `connection`."""
        self.connection = connection

    async def execute(
        self, statement: str, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> Rows:
        """Run a statement of `text`, once for each of several sets of parameters; return the rows of a single one."""
        if isinstance(parameters, Sequence):
            async with self.connection.cursor() as cursor:
                await cursor.executemany(statement, parameters)
            return Rows()
        # An empty mapping, so that %% means the same whether there are parameters or not.
        cursor = await self.connection.execute(statement, parameters or {})
        return Rows(await cursor.fetchall()) if cursor.description else Rows()


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        """Prepare a pool of `pool` connections to `url` (postgresql://…); nothing is opened yet."""
        self.url = url
        self._pool = Pool(libpq_url(url), size=pool, connect=CONNECT)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        async with self._pool.connection() as connection, connection.transaction():
            yield Tx(connection)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Tx]:
        """Open a connection on which every statement is a transaction of its own."""
        async with self._pool.connection() as connection:
            yield Tx(connection)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Tx]:
        """Open a session of its own, which ends with the block: what it has locked is free then."""
        connection = await self._pool.open()
        try:
            yield Tx(connection)
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()


def sqlalchemy_url(url: str) -> str:
    """Return `url` with the psycopg driver named, whatever PostgreSQL scheme it came with."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def libpq_url(url: str) -> str:
    """Return `url` as libpq takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


# A server that only reads is being replaced or has a full disk, and psycopg counts neither of these among what is operational.
_OUTAGES = (
    OSError,
    asyncio.TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)


def is_outage(error: BaseException) -> bool:
    """Tell whether `error` says that the database is away, full, read-only or out of connections, rather than that a row is wrong."""
    return isinstance(error, _OUTAGES)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name when it says nothing (a time-out does not)."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def migrate(url: str) -> None:
    """Bring the schema up to date; safe to call from several nodes at once."""
    engine = sqlalchemy.create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            connection.commit()
            try:
                command.upgrade(_alembic(connection), "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _MIGRATION_LOCK})
                connection.commit()
    finally:
        engine.dispose()


async def is_migrated(tx: Tx) -> bool:
    """Tell whether every migration was applied; raises when the database is away."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    try:
        applied = await tx.execute("SELECT version_num FROM alembic_version")
    except psycopg.errors.UndefinedTable:
        return False
    return applied.scalar_one_or_none() == head


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


def _alembic(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
