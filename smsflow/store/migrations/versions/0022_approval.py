"""The people who wrote, submitted and reviewed a campaign that waits for an approval."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add columns that the release before leaves empty: it submits nothing."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        """ALTER TABLE campaign
            ADD COLUMN authors text[] NOT NULL DEFAULT '{}',
            ADD COLUMN submitted_by text,
            ADD COLUMN submitted_at timestamptz,
            ADD COLUMN reviewed_by text"""
    )
