"""Numbers that a draft names beside its lists keep the values of their rows of a file."""

from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """Add the values; the release before writes none."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute('ALTER TABLE campaign_number ADD COLUMN "values" jsonb')
