"""How many contacts a list by rule held when they were counted."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the count and its time; the release before makes no lists by rule."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE contact_list ADD COLUMN counted bigint, ADD COLUMN counted_at timestamptz")
