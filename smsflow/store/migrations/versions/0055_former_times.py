"""Rows of imports keep when the contact that they changed had been changed before, so that earlier imports can be undone after them.

The release before writes none: a contact that such an import changed counts as changed when that import is undone, as before.
"""

from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Add the time."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE contact_import_row ADD COLUMN former_at timestamptz")
