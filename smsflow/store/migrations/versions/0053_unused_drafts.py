"""Prepared campaigns that nobody launches are known: their recipients are not kept for ever."""

from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    """Add the mark; those that there are get theirs in the next night."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE campaign ADD COLUMN unused_since timestamptz")
