"""A campaign is found by its name, however many the company has."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the index; that of drafts alone stays, as it keeps their names apart."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("CREATE INDEX campaign_named ON campaign (company_id, lower(name))")
