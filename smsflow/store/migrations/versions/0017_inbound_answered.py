"""Whether the operator has had our answer to an inbound part: one that it had not may come again by any bind."""

from alembic import op

revision = "0017"
down_revision = "0016"

_PATIENCE = "SET LOCAL lock_timeout = '2s'"


def upgrade() -> None:
    """Add the mark; what the release before stores counts as answered."""
    op.execute(_PATIENCE)
    op.execute("ALTER TABLE inbound_part ADD COLUMN answered boolean NOT NULL DEFAULT true")
    op.execute("CREATE INDEX inbound_part_unanswered ON inbound_part (connector_id) WHERE NOT answered")
