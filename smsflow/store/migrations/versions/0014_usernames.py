"""Usernames have a folded form that Python made, so that case, width and locale do not tell two apart.

The release before goes on adding users without it: what has none is compared by the name, and gets its form from the next
`users.add_user`. Of users whose forms are the same, the later keeps none and logs in by the name as it stands.
"""

import unicodedata

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the form, unique; forget it when a name changes without it; give it to every user."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE account_user ADD COLUMN folded text")
    op.execute("CREATE UNIQUE INDEX account_user_folded ON account_user (folded)")
    op.execute("CREATE INDEX account_user_unfolded ON account_user (id) WHERE folded IS NULL")
    op.execute("""
        CREATE FUNCTION forget_folded() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.username IS DISTINCT FROM OLD.username AND NEW.folded IS NOT DISTINCT FROM OLD.folded THEN
                NEW.folded := NULL;
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER username_changed BEFORE UPDATE OF username ON account_user FOR EACH ROW EXECUTE FUNCTION forget_folded()
    """)
    users = op.get_bind().execute(text("SELECT id, username FROM account_user ORDER BY id"))
    forms: dict[str, int] = {}
    for user_id, username in users:
        forms.setdefault(_folded(username), user_id)
    op.get_bind().execute(
        text("""
            UPDATE account_user u SET folded = f.folded
            FROM unnest(CAST(:ids AS bigint[]), CAST(:folded AS text[])) AS f(id, folded) WHERE u.id = f.id
        """),
        {"ids": list(forms.values()), "folded": list(forms)},
    )


def _folded(username: str) -> str:
    # As smsflow.domain.account.folded was when this was written.
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", username).casefold())
    return unicodedata.normalize("NFKC", once.casefold()).strip()
