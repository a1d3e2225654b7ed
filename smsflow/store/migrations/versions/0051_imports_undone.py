"""An import that was undone says how many contacts were removed, given their former values and left as they are."""

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Add the counts; those of imports undone before are not known."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE contact_import ADD COLUMN removed bigint NOT NULL DEFAULT 0, ADD COLUMN restored bigint NOT NULL DEFAULT 0,
            ADD COLUMN kept bigint NOT NULL DEFAULT 0
    """)
