"""Transactions on a pool of connections."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any
from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from smsflow.store.postgres.patience import PATIENCE, Patience
from smsflow.store.postgres.pool import Connection, Pool

# The hot statements join a handful of incoming rows to big tables by their keys. Their plans must not depend on statistics:
# a table that was empty when it was last analysed would otherwise be walked from end to end. JIT would cost more than they do.
# A bitmap scan would walk the bounds of a partition (see `bounds`), which is all of its messages. Workers take 7 ms to start, and a
# statement that reads 50 of a million rows is given them: its plan does not know the limit.
# tcp_user_timeout and keepalives: the server lets go of a node that was cut off within 6 seconds, so that another can take its binds.
_SESSION = (
    "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan "
    "-c max_parallel_workers_per_gather=0 "
    "-c timezone=UTC -c tcp_keepalives_idle=2 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2 -c tcp_user_timeout=6000 "
    "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
)


CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
}
_CONNECT = {**CONNECTION, "options": _SESSION}


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

    __slots__ = ("connection", "patience")

    def __init__(self, connection: Connection, patience: float | None = PATIENCE) -> None:
        """Run statements on `connection`, each within `patience` seconds."""
        self.connection = connection
        self.patience = patience

    @property
    def pid(self) -> int:
        """The number of the server's process; 0 when the connection is lost."""
        return self.connection.info.backend_pid

    async def execute(self, statement: str, parameters: Mapping[str, Any] | list[dict[str, Any]] | None = None) -> Rows:
        """Run a statement of `text`, once for each of several sets of parameters; return the rows of a single one."""
        if isinstance(parameters, list):
            with Patience(self.connection, self.patience):
                async with self.connection.cursor() as cursor:
                    await cursor.executemany(statement, parameters)
            return Rows()
        with Patience(self.connection, self.patience):
            # An empty mapping, so that %% means the same whether there are parameters or not.
            cursor = await self.connection.execute(statement, parameters or {})
        result = cursor.pgresult
        return Rows(await cursor.fetchall()) if result is not None and result.nfields else Rows()

    async def change(self, statement: str, parameters: Mapping[str, Any]) -> int:
        """Run a statement of `text` that returns no rows; return how many it has changed."""
        with Patience(self.connection, self.patience):
            return (await self.connection.execute(statement, parameters)).rowcount


class _Transaction:
    """A transaction of psycopg whose begin and end have to be answered in time, as its statements have."""

    __slots__ = ("_block", "_tx")

    def __init__(self, connection: Connection, patience: float) -> None:
        self._tx = Tx(connection, patience)
        self._block = connection.transaction()

    async def __aenter__(self) -> Tx:
        with Patience(self._tx.connection, self._tx.patience):
            await self._block.__aenter__()
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        with Patience(self._tx.connection, self._tx.patience):
            return bool(await self._block.__aexit__(kind, error, traceback))


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, url: str, *, pool: int = 10, patience: float = PATIENCE) -> None:
        """Prepare a pool of `pool` connections to `url` (postgresql://…); nothing is opened yet.

        A server that does not answer a statement for `patience` seconds counts as away.
        """
        self.url = url
        self._patience = patience
        self._pool = Pool(libpq_url(url), size=pool, connect=_CONNECT)

    @asynccontextmanager
    async def transaction(self, *, patience: float | None = None) -> AsyncIterator[Tx]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        async with self._pool.connection() as connection, _Transaction(connection, patience or self._patience) as tx:
            yield tx

    @asynccontextmanager
    async def autocommit(self, *, patience: float | None = None) -> AsyncIterator[Tx]:
        """Open a connection on which every statement is a transaction of its own."""
        async with self._pool.connection() as connection:
            yield Tx(connection, patience or self._patience)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Tx]:
        """Open a session of its own, which ends with the block: its locks are then free."""
        connection = await self._pool.open()
        try:
            yield Tx(connection, self._patience)
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()


class UnreadableAddress(Exception):
    """SMSFLOW_DATABASE_URL cannot be read: it has the form postgresql://user:password@host:5432/name."""


# The password ends at the first @, as libpq has it, and may hold whatever else it likes.
_ADDRESS = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://(?:(?P<user>[^:/?@]*)(?::(?P<password>[^@]*))?@)?(?P<rest>.*)", re.DOTALL
)


def libpq_url(url: str) -> str:
    """Return `url` as libpq takes it, whatever is written in its password; raise UnreadableAddress when it is none."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise UnreadableAddress(UnreadableAddress.__doc__)
    login = ":".join(quote(unquote(part), safe="") for part in (found["user"], found["password"]) if part is not None)
    address = f"postgresql://{login}@{found['rest']}" if login else f"postgresql://{found['rest']}"
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise UnreadableAddress(UnreadableAddress.__doc__) from None
    return address


def without_password(url: str) -> str:
    """Return `url` as it may be shown: neither with a password nor with its parameters, which may hold one."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise UnreadableAddress(UnreadableAddress.__doc__)
    user = f"{found['user']}@" if found["user"] else ""
    address, mark, parameters = found["rest"].partition("?")
    host = next((p for p in parameters.split("&") if p.startswith(("host=", "hostaddr="))), "")
    return f"postgresql://{user}{address}{mark if host else ''}{host}"
