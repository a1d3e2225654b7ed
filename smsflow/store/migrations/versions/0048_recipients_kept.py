"""Campaigns that ended long ago lose the values of their recipients, then the recipients."""

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Add what of them is gone; a constant default rewrites nothing, and the release before removes nothing."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE campaign_run ADD COLUMN values_gone boolean NOT NULL DEFAULT false,
            ADD COLUMN recipients_gone boolean NOT NULL DEFAULT false
    """)
