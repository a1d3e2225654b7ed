"""How many SMS of a campaign were accepted in each minute: what its curve is drawn from."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the table; the release before writes nothing into it, and the curve of its campaigns is by the hour."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        """CREATE TABLE campaign_minute (
            company_id bigint NOT NULL,
            campaign_id bigint NOT NULL,
            minute timestamptz NOT NULL,
            accepted bigint NOT NULL,
            PRIMARY KEY (company_id, campaign_id, minute)
        ) WITH (fillfactor = 50)"""
    )
