"""The answers to STOP, START and HELP that left: free for their company, one for a handset, a day and a command."""

from datetime import date

from smsflow.store.postgres.transactions import Tx, text


async def claim(tx: Tx, company_id: int, number: str, *, command: str, day: date) -> bool:
    """Tell whether this answer may leave today, and keep any other from leaving."""
    insert = text("""
        INSERT INTO inbound_reply (company_id, number, day, command, message_id) VALUES (:company_id, :number, :day, :command, 0)
        ON CONFLICT DO NOTHING RETURNING company_id
    """)
    parameters = {"company_id": company_id, "number": number, "day": day, "command": command}
    return (await tx.execute(insert, parameters)).one_or_none() is not None


async def sent(tx: Tx, company_id: int, number: str, *, command: str, day: date, message_id: int) -> None:
    """Note the SMS by which an answer left: the proof that it is free."""
    update = text("""
        UPDATE inbound_reply SET message_id = :message_id
        WHERE company_id = :company_id AND number = :number AND day = :day AND command = :command
    """)
    parameters = {
        "company_id": company_id,
        "number": number,
        "day": day,
        "command": command,
        "message_id": message_id,
    }
    await tx.execute(update, parameters)
