"""Tallies: how many SMS are in which state, kept by the statements that change it.

The release before changes states and keeps no tally: what it leaves is counted once, from the messages, when it has gone.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

_PATIENCE = "SET LOCAL lock_timeout = '2s'"
_KEY = """
    company_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    connector_id bigint NOT NULL,
    kind smallint NOT NULL"""
_FIGURES = ("accepted", "charged", "sent", "delivered", "failed", "expired", "unknown", "cancelled", "returned")


def _figures(type_: str) -> str:
    return ", ".join(f"{name} {type_} NOT NULL DEFAULT 0" for name in _FIGURES)


def upgrade() -> None:
    """Make both tables, and have what is stored already counted."""
    op.execute(_PATIENCE)
    op.execute(
        f"CREATE TABLE tally ({_KEY}, {_figures('bigint')}, PRIMARY KEY (company_id, campaign_id, hour, connector_id, kind))"
    )
    op.execute("CREATE INDEX tally_hour ON tally (company_id, hour)")
    # Rows live for seconds and are always read together.
    op.execute(f"CREATE TABLE tally_delta ({_KEY}, {_figures('integer')}) WITH (autovacuum_vacuum_scale_factor = 0)")
    op.execute("CREATE TABLE tally_recount (due_at timestamptz PRIMARY KEY)")
    op.execute("INSERT INTO tally_recount SELECT now() + interval '10 minutes' WHERE EXISTS (SELECT FROM message)")
