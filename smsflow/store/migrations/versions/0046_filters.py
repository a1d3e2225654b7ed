"""The lines of one cause in the ledger, and the acts of one person or kind, are found however many others lie between."""

from alembic import op

revision = "0046"
down_revision = "0045"

# Of charges, the most of the ledger, there is no index: every one would cost an accepted SMS.
_INDEXES = {
    "ledger_cause": "ledger (company_id, reason, id) WHERE reason <> 'charge'",
    "audit_author": "audit (company_id, author, id)",
    "audit_act": "audit (company_id, act, id)",
}


def upgrade() -> None:
    """Add the indexes while everybody writes; one that was cut short is made again."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for long writers, and nothing waits for it
        for name, columns in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")
