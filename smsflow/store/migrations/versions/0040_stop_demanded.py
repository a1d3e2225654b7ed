"""A country may demand that marketing says how to opt out."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the demand; a constant default rewrites nothing."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE marketing_policy ADD COLUMN stop boolean NOT NULL DEFAULT false")
