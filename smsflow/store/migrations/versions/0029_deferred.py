"""Recipients who wait for the next day because they got as much marketing as a day allows."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add what is new; the release before refuses such recipients."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        """CREATE TABLE campaign_deferred (
            company_id bigint NOT NULL,
            campaign_id bigint NOT NULL,
            place bigint NOT NULL,
            not_before timestamptz NOT NULL,
            PRIMARY KEY (company_id, campaign_id, place)
        )"""
    )
    op.execute("CREATE INDEX campaign_deferred_due ON campaign_deferred (company_id, campaign_id, not_before, place)")
    op.execute("ALTER TABLE campaign_run ADD COLUMN deferred bigint NOT NULL DEFAULT 0")
