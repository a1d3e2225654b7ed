"""Blocks of messages whose end has not come: an SMS whose validity passes without a receipt ends."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the blocks, and how far they were made: at first, what is stored is walked once."""
    op.execute("CREATE TABLE unsettled_block (start bigint PRIMARY KEY, next_at timestamptz NOT NULL)")
    op.execute("CREATE INDEX unsettled_block_next ON unsettled_block (next_at)")
    op.execute("CREATE TABLE unsettled_walk (next_id bigint NOT NULL)")
    op.execute("INSERT INTO unsettled_walk VALUES (0)")
