"""Failures of campaigns are counted by reason, by the statement that ends their SMS.

The release before ends SMS and counts no reason: campaigns that have begun are counted once, from their SMS, when it has gone.
"""

from alembic import op

revision = "0052"
down_revision = "0051"

_KEY = """
    company_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    status smallint NOT NULL,
    reason text NOT NULL,"""
_STATEMENTS = (
    f"CREATE TABLE failure_tally ({_KEY} messages bigint NOT NULL, PRIMARY KEY (company_id, campaign_id, status, reason))",
    # Rows live for seconds and are always read together.
    f"CREATE TABLE failure_delta ({_KEY} messages integer NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0)",
    # The campaigns that are still to be counted; the company and campaign 0: every one that begins before it is due.
    """CREATE TABLE failure_recount (
        company_id bigint NOT NULL,
        campaign_id bigint NOT NULL,
        due_at timestamptz NOT NULL,
        PRIMARY KEY (company_id, campaign_id)
    )""",
    "INSERT INTO failure_recount SELECT 0, 0, now() + interval '10 minutes' WHERE EXISTS (SELECT FROM campaign)",
)


def upgrade() -> None:
    """Make the tables, and have the campaigns that there are counted."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statement in _STATEMENTS:
        op.execute(statement)
