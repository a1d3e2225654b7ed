"""The role by which the platform uses the embedded PostgreSQL: the owner of its database, and no superuser.

The slots that PostgreSQL reserves for superusers stay the administrator's.
"""

from typing import Final

import psycopg

ROLE: Final = "smsflow"

_READY = """
SELECT d.datdba = r.oid AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> r.oid)
FROM pg_roles r, pg_database d WHERE r.rolname = %s AND d.datname = current_database()
"""
# Objects of an earlier release belong to the superuser, which REASSIGN OWNED refuses to take them from.
_GIVE = """
DO $$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER %s %s OWNER TO smsflow', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND relkind = 'S')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO smsflow', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO smsflow', t.oid::regtype) FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.typnamespace = 'public'::regnamespace AND (t.typtype IN ('e', 'd') OR c.relkind = 'c')
    LOOP
        EXECUTE statement;
    END LOOP;
END $$
"""


def give_to_platform(admin_url: str) -> None:
    """Have the platform's role own the database and all that is in it; nothing happens when it does already."""
    with psycopg.connect(admin_url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        ready = connection.execute(_READY, (ROLE,)).fetchone()
        if ready == (True,):
            return
        with connection.transaction():
            if ready is None:
                connection.execute("CREATE ROLE smsflow LOGIN")
            connection.execute("ALTER DATABASE postgres OWNER TO smsflow")
            connection.execute("ALTER SCHEMA public OWNER TO smsflow")
            connection.execute(_GIVE)
