"""Pages of recipients keep room for what becomes of each: it is noted in its page, out of the index."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Leave half of each new page free: every recipient is changed once, from when it is prepared to when it is accepted or refused."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE campaign_recipient SET (fillfactor = 50)")
