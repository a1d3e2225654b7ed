"""Requests for senders: the use that a company states, the document that it joins, and the reason of a refusal."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add both tables; the release before asks for names alone."""
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(
        """CREATE TABLE sender_request (
            company_id bigint NOT NULL,
            sender_id bigint NOT NULL,
            use text NOT NULL,
            sample text NOT NULL,
            author text NOT NULL,
            asked_at timestamptz NOT NULL,
            document_name text,
            document_type text,
            reason text NOT NULL DEFAULT '',
            decided_by text,
            decided_at timestamptz,
            PRIMARY KEY (company_id, sender_id)
        )"""
    )
    op.execute(
        """CREATE TABLE sender_document (
            company_id bigint NOT NULL,
            sender_id bigint NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (company_id, sender_id)
        )"""
    )
