"""How many connections a server lets in."""

from smsflow.store.postgres.transactions import Tx, text

_CONNECTIONS = text("""
SELECT least(
    CAST(current_setting('max_connections') AS integer) - CAST(current_setting('superuser_reserved_connections') AS integer)
        - coalesce(CAST(current_setting('reserved_connections', true) AS integer), 0),
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
)
""")


async def connections(tx: Tx) -> int:
    """Return how many connections of our role the server lets into this database."""
    return int((await tx.execute(_CONNECTIONS)).scalar_one())
