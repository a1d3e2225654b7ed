"""A process shows its work and its room with its sign of life: rates over the last seconds, and its disk."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Add the columns; a process of the release before leaves them empty."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE process ADD COLUMN accepted bigint, ADD COLUMN submitted bigint,
            ADD COLUMN accepted_rate double precision, ADD COLUMN submitted_rate double precision,
            ADD COLUMN disk_free bigint, ADD COLUMN disk_total bigint
    """)
