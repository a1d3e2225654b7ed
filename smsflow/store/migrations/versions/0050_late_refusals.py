"""Refusals that came after their time, each of which counts once."""

from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """Add the table; the release before counts the refusal of the last attempt alone."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        CREATE TABLE late_refusal (
            company_id bigint NOT NULL,
            message_id bigint NOT NULL,
            attempt integer NOT NULL,
            received_at timestamptz NOT NULL,
            PRIMARY KEY (company_id, message_id, attempt)
        )
    """)
