"""The schema, brought up to date: the one place that loads Alembic and SQLAlchemy, which cost a quarter of a second of CPU."""

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config

from smsflow.store.postgres.revision import MIGRATIONS
from smsflow.store.postgres.transactions import libpq_url

# A lock that only a migration takes, so that two nodes starting together migrate once.
_MIGRATION_LOCK = 7_300_001


def migrate(url: str) -> None:
    """Bring the schema up to date; safe to call from several nodes at once. Raises what psycopg raises."""
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(libpq_url(url)))
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
    except sqlalchemy.exc.DBAPIError as error:
        raise (error.orig or error) from None
    finally:
        engine.dispose()


def _alembic(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
