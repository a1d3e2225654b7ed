"""An import knows when it began and the last row of its file: its page says how far it is and how long it takes."""

from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """Add what is noted when an import begins; nobody knows it of those that have."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE contact_import ADD COLUMN begun_at timestamptz, ADD COLUMN last_row bigint")
