"""How far a campaign's preparation in the background is."""

from alembic import op

revision = "0018"
down_revision = "0017"

_PATIENCE = "SET LOCAL lock_timeout = '2s'"


def upgrade() -> None:
    """Add the mark; without it a campaign is prepared by the command alone, as before."""
    op.execute(_PATIENCE)
    op.execute("ALTER TABLE campaign ADD COLUMN preparing jsonb")
    op.execute("CREATE INDEX campaign_preparing ON campaign (id) WHERE state = 'draft' AND preparing IS NOT NULL")
