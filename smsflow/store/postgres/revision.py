"""The migrations that a database has had, known without loading what runs them."""

from pathlib import Path

import psycopg

from smsflow.store.postgres.transactions import Tx

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class MigrationBlocked(Exception):
    """The migration could not have a table for itself: a dump, a check or another long reader holds it. Run it again when that has ended."""


def head() -> str:
    """Return the revision of the last migration: a file is named `NNNN_what_it_does.py` after its own."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def is_migrated(tx: Tx) -> bool:
    """Tell whether every migration was applied; raises when the database is away.

    A database that has newer ones is as good: migrations only add, and the release before goes on while they are applied.
    """
    try:
        applied = await tx.execute("SELECT version_num FROM alembic_version")
    except psycopg.errors.UndefinedTable:
        return False
    revision = applied.scalar_one_or_none()
    return revision is not None and revision >= head()


def lacks_migration(error: BaseException) -> bool:
    """Tell whether a statement failed on a table or a column that a later migration makes."""
    return isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn)
