"""How many contacts are in a list is kept by the database, so that no page counts them; the release before keeps it too, by the same triggers.

Contacts are put into lists from here on only when those that are there have been counted: a second for some millions of them.
"""

from alembic import op

revision = "0032"
down_revision = "0031"

# Rows of lists are locked in the order of their ids: two imports into the same lists never wait for each other.
_FUNCTION = """
CREATE FUNCTION contact_list_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contact_list l WHERE (l.company_id, l.id) IN (SELECT company_id, list_id FROM changed)
    ORDER BY l.company_id, l.id FOR NO KEY UPDATE;
    UPDATE contact_list l SET counted = coalesce(l.counted, 0) + CASE TG_OP WHEN 'INSERT' THEN c.contacts ELSE -c.contacts END
    FROM (SELECT company_id, list_id, count(*) AS contacts FROM changed GROUP BY company_id, list_id) c
    WHERE l.company_id = c.company_id AND l.id = c.list_id AND l.rules IS NULL;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Make the triggers, and count what is there."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(_FUNCTION)
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER contact_in_list_{event.lower()} AFTER {event} ON contact_in_list "
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION contact_list_count()"
        )
    op.execute("""
        UPDATE contact_list l SET counted = (SELECT count(*) FROM contact_in_list m WHERE m.company_id = l.company_id AND m.list_id = l.id)
        WHERE l.rules IS NULL
    """)
