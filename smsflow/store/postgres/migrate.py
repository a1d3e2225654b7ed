"""The schema, brought up to date: the one place that loads Alembic and SQLAlchemy, which cost a quarter of a second of CPU."""

import time

import psycopg
import sqlalchemy
import structlog
from alembic import command
from alembic.config import Config
from psycopg.errors import DeadlockDetected, LockNotAvailable

from smsflow.store.postgres.revision import MIGRATIONS, MigrationBlocked
from smsflow.store.postgres.transactions import libpq_url

log = structlog.get_logger(__name__)

# A lock that only a migration takes, so that two nodes starting together migrate once. It is tried for, not waited for: an index
# that is built concurrently waits for every transaction, and one that waits for the lock would be among them.
_MIGRATION_LOCK = 7_300_001
_LOOK_AGAIN = 0.5
# While a statement waits for a lock behind a long reader, all that comes after it waits too: it gives up soon, and tries again.
_LOCK_TIMEOUT = "2s"
_TRY_AGAIN = 2.0
_PATIENCE = 900.0


def migrate(url: str, *, revision: str = "head", patience: float = _PATIENCE) -> None:
    """Bring the schema up to date, or to a revision; safe to call from several nodes at once. Raises MigrationBlocked, or what psycopg raises."""
    deadline = time.monotonic() + patience
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(libpq_url(url)))
    try:
        with engine.connect() as connection:
            while not _execute(connection, f"SELECT pg_try_advisory_lock({_MIGRATION_LOCK})"):
                time.sleep(_LOOK_AGAIN)
            try:
                while not _upgrade(connection, revision):
                    if time.monotonic() >= deadline:
                        raise MigrationBlocked(MigrationBlocked.__doc__)
                    time.sleep(_TRY_AGAIN)
            finally:
                connection.rollback()
                _execute(connection, f"SELECT pg_advisory_unlock({_MIGRATION_LOCK})")
    except sqlalchemy.exc.DBAPIError as error:
        raise (error.orig or error) from None
    finally:
        engine.dispose()


def _upgrade(connection: sqlalchemy.Connection, revision: str) -> bool:
    """Apply what is missing; False when a lock could not be had, and what was applied so far stays."""
    try:
        _execute(connection, f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
        command.upgrade(_alembic(connection), revision)
        connection.commit()
    except sqlalchemy.exc.DBAPIError as error:
        connection.rollback()
        if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
            raise
        log.info("migration_waits", reason=str(error.orig).splitlines()[0])
        return False
    return True


def _execute(connection: sqlalchemy.Connection, statement: str) -> object:
    result = connection.execute(sqlalchemy.text(statement))
    value = result.scalar() if result.returns_rows else None
    connection.commit()
    return value


def _alembic(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
