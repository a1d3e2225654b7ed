"""The schema, brought up to date."""

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from smsflow.store.postgres.transactions import Tx

MIGRATIONS = Path(__file__).parent.parent / "migrations"


# A lock that only a migration takes, so that two nodes starting together migrate once.
_MIGRATION_LOCK = 7_300_001


def sqlalchemy_url(url: str) -> str:
    """Return `url` with the psycopg driver named, whatever PostgreSQL scheme it came with."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


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


def _alembic(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
