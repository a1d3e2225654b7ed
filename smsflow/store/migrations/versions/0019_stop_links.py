"""Old links by which people opt out are found without a walk of all."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add an index of a few pages: links are only appended."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("CREATE INDEX stop_link_created ON stop_link USING brin (created_at)")
