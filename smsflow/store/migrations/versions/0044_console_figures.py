"""Tallies count apart what the console sends."""

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Add the figures to both tables; a constant default rewrites neither."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in ("console", "console_charged"):
        op.execute(f"ALTER TABLE tally ADD COLUMN {name} bigint NOT NULL DEFAULT 0")
        op.execute(f"ALTER TABLE tally_delta ADD COLUMN {name} integer NOT NULL DEFAULT 0")
