"""Every process shows itself: `doctor` knows what runs, where, and by which clock."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        CREATE TABLE process (
            role text NOT NULL,
            host text NOT NULL,
            pid integer NOT NULL,
            started_at timestamptz NOT NULL,
            beat_at timestamptz NOT NULL,
            clock_ahead double precision NOT NULL,
            PRIMARY KEY (role, host, pid)
        ) WITH (fillfactor = 20)
    """)
