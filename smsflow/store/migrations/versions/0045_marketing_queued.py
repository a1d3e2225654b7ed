"""Marketing that waits and belongs to no campaign is found by its company: a STOP cancels it, too."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Add an index of few entries, or none: it is made in the time of one look at the queue, and waits for no reader."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        "CREATE INDEX queue_marketing ON queue (company_id, message_id) WHERE campaign_id IS NULL AND priority = 2"
    )
