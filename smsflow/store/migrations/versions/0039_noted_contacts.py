"""When a contact was last written to is noted behind the turns of a campaign; what changes with each SMS stays out of its indexes."""

from alembic import op

revision = "0039"
down_revision = "0038"

_STATEMENTS = (
    """CREATE TABLE campaign_noted (
        company_id bigint NOT NULL,
        campaign_id bigint NOT NULL,
        place bigint NOT NULL,
        PRIMARY KEY (company_id, campaign_id)
    ) WITH (fillfactor = 50)""",
    # Each row of these is changed by the next campaign to the same people: it finds room in its page.
    "ALTER TABLE marketing_count SET (fillfactor = 50)",
    "ALTER TABLE marketing_last SET (fillfactor = 50)",
)


def upgrade() -> None:
    """Add what is new; the release before notes contacts in the turn itself, and nothing is noted twice for it."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statement in _STATEMENTS:
        op.execute(statement)
