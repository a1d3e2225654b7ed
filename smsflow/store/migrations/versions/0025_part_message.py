"""Parts are found by their key: a database that no release before this one has used needs no other index of their messages."""

from alembic import op
from sqlalchemy import text

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Drop the index where no process of the release before can need it; the next release drops it everywhere."""
    used = (
        op.get_bind().execute(text("SELECT EXISTS (SELECT FROM message) OR EXISTS (SELECT FROM instance)")).scalar_one()
    )
    if not used:
        op.execute("SET LOCAL lock_timeout = '2s'")
        op.execute("DROP INDEX part_message")
