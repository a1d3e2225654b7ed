"""Marketing that waits and belongs to no campaign is found by its company: a STOP cancels it, too."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Add an index while everybody writes; one that was cut short is made again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for long writers, and nothing waits for it
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS queue_marketing")
        op.execute(
            "CREATE INDEX CONCURRENTLY queue_marketing ON queue (company_id, message_id) WHERE campaign_id IS NULL AND priority = 2"
        )
