"""Words that operators use in receipts and that nobody knows."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        CREATE TABLE unknown_receipt_state (
            connector_id bigint NOT NULL,
            word text NOT NULL,
            receipts bigint NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (connector_id, word)
        )
    """)
