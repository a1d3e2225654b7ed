"""The recipient of a campaign whose SMS is the longest: noted once at the end of a preparation, read by its page."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Add the column; of what the release before has prepared, nothing is noted."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE campaign_run ADD COLUMN longest bigint")
