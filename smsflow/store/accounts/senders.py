"""The sender IDs of companies."""

from smsflow.store.postgres.transactions import Tx, text


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Add a sender, or change the one of that name; return its id. At most one of a company is the default."""
    if is_default:
        await tx.execute(
            text("UPDATE sender SET is_default = false WHERE company_id = :id AND is_default"), {"id": company_id}
        )
    upsert = text("""
        INSERT INTO sender (company_id, name, state, is_default) VALUES (:company_id, :name, :state, :is_default)
        ON CONFLICT (company_id, lower(name)) DO UPDATE SET state = excluded.state, is_default = sender.is_default OR excluded.is_default
        RETURNING id
    """)
    parameters = {"company_id": company_id, "name": name, "state": state, "is_default": is_default}
    return int((await tx.execute(upsert, parameters)).scalar_one())
