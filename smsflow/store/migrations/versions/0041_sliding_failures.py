"""Failures of a campaign are judged by its last SMS, wherever these begin: a few marks that are kept, in place of one."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Add what is new; the release before goes on with its own, and a campaign that it has launched is judged from the next look on."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE campaign_run ADD COLUMN marked_final bigint[], ADD COLUMN marked_failed bigint[]")
    # A campaign that is launched from now on is judged from its first SMS.
    op.execute(
        "ALTER TABLE campaign_run ALTER COLUMN marked_final SET DEFAULT '{0}', ALTER COLUMN marked_failed SET DEFAULT '{0}'"
    )
