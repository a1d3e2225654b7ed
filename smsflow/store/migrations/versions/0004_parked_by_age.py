"""Parked receipts are found by their age: the young ones are looked at every second, however many old ones there are."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX parked_receipt_received ON parked_receipt (received_at, id)")
