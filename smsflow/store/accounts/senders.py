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


async def ask_for(tx: Tx, company_id: int, name: str) -> int | None:
    """Add a sender that waits for approval, or ask again for one that was refused; return its id, or None when the company has it."""
    insert = text("""
        INSERT INTO sender (company_id, name, state) VALUES (:company_id, :name, 'pending')
        ON CONFLICT (company_id, lower(name)) DO UPDATE SET state = 'pending' WHERE sender.state = 'refused' RETURNING id
    """)
    return (await tx.execute(insert, {"company_id": company_id, "name": name})).scalar_one_or_none()


async def set_default(tx: Tx, company_id: int, sender_id: int) -> bool:
    """Make an approved sender the company's default; False when it has none of that id."""
    await tx.execute(
        text("UPDATE sender SET is_default = false WHERE company_id = :id AND is_default AND sender.id <> :sender_id"),
        {"id": company_id, "sender_id": sender_id},
    )
    update = text("""
        UPDATE sender SET is_default = true WHERE company_id = :id AND sender.id = :sender_id AND state = 'approved' RETURNING sender.id
    """)
    return (await tx.execute(update, {"id": company_id, "sender_id": sender_id})).one_or_none() is not None
