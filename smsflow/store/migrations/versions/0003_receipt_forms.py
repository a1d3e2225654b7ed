"""A parked receipt keeps every way its reference may be written: its message may be recorded under another."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the forms."""
    op.execute("ALTER TABLE parked_receipt ADD COLUMN forms text[] NOT NULL DEFAULT '{}'")
