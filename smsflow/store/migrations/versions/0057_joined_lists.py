"""Rows of imports keep the lists that an existing contact joined by them, so that an undo takes it out again.

The release before writes none: contacts stay in the lists that its imports put them into, as before.
"""

from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Add the lists."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE contact_import_row ADD COLUMN joined bigint[]")
