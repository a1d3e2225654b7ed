"""The opt-outs and answers that campaigns cause, and from where their failures are counted."""

from alembic import op

revision = "0026"
down_revision = "0025"

_STATEMENTS = (
    # Apart from `campaign_run`, which a turn of the campaign holds while somebody who says STOP waits for it.
    """CREATE TABLE campaign_response (
        company_id bigint NOT NULL,
        campaign_id bigint NOT NULL,
        opt_outs bigint NOT NULL DEFAULT 0,
        replies bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (company_id, campaign_id)
    ) WITH (fillfactor = 50)""",
    # Null: by no campaign, or by the release before.
    "ALTER TABLE marketing_last ADD COLUMN campaign_id bigint",
    # Null: from the next look on.
    "ALTER TABLE campaign_run ADD COLUMN watched_final bigint DEFAULT 0, ADD COLUMN watched_failed bigint DEFAULT 0",
)


def upgrade() -> None:
    """Add what is new; the release before counts nothing here."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statement in _STATEMENTS:
        op.execute(statement)
