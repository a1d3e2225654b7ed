"""A company may have its texts deleted sooner than the platform does."""

from alembic import op

revision = "0043"
down_revision = "0042"

_STATEMENTS = (
    "SET LOCAL lock_timeout = '2s'",
    "ALTER TABLE company ADD COLUMN texts_kept_days integer CHECK (texts_kept_days > 0)",
    # Texts of older messages are gone, but for those that had still to leave.
    "CREATE TABLE text_mark (company_id bigint PRIMARY KEY, message_id bigint NOT NULL)",
    "CREATE TABLE text_left (company_id bigint NOT NULL, message_id bigint NOT NULL, PRIMARY KEY (company_id, message_id))",
)


def upgrade() -> None:
    """Add what a company wants, and how far its texts have been deleted."""
    for statement in _STATEMENTS:
        op.execute(statement)
