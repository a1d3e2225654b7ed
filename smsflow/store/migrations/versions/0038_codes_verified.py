"""Tallies count the codes that were verified."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Add the figure to both tables; a constant default rewrites neither."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE tally ADD COLUMN verified bigint NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE tally_delta ADD COLUMN verified integer NOT NULL DEFAULT 0")
