"""A campaign notes that it wrote to somebody where it counts the SMS; when who wrote last was written is kept to the moment."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Add columns that may be null: the release before leaves them so."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        "ALTER TABLE marketing_count ADD COLUMN connector_id bigint, ADD COLUMN company_id bigint, "
        "ADD COLUMN campaign_id bigint, ADD COLUMN written_at timestamptz"
    )
    op.execute("ALTER TABLE marketing_last ADD COLUMN written_at timestamptz")
