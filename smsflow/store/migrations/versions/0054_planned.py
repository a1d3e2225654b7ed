"""A planned SMS of no campaign is found by its company: an opt-out of all cancels it."""

from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Add an index of few entries, or none: it is made in the time of one look at the queue, and waits for no reader."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        "CREATE INDEX queue_planned ON queue (company_id, message_id) WHERE campaign_id IS NULL AND priority = 1 AND due_at IS NOT NULL"
    )
