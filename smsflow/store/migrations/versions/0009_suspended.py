"""Suspended companies and their held messages are found without reading anything else."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add two indexes that have no entry, and cost nothing, while nobody is suspended."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("CREATE INDEX company_suspended ON company (id) WHERE suspended")
    op.execute(
        "CREATE INDEX queue_held ON queue (company_id, message_id) WHERE due_at = timestamptz '9999-12-31 00:00:00+00'"
    )
