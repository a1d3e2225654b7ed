"""How often a message has been unknown: each further time it waits longer before it is sent again."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Count, from none."""
    op.execute("ALTER TABLE queue ADD COLUMN losses smallint NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE unknown_outcome ADD COLUMN losses smallint NOT NULL DEFAULT 1")
