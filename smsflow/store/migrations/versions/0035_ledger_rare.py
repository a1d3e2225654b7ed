"""The lines of the ledger that are few (purchases, reserves) are found without a walk of the many."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add an index while everybody writes; one that was cut short is made again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for long writers, and nothing waits for it
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ledger_rare")
        op.execute(
            "CREATE INDEX CONCURRENTLY ledger_rare ON ledger (company_id, created_at) WHERE reason IN ('credit', 'reserve', 'release')"
        )
