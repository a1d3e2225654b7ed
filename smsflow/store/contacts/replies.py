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


ReplyKey = tuple[int, str, date, str]
"""A company, a number, a day and a command."""
FIRST_REPLY: ReplyKey = (0, "", date.min, "")

# A page of the primary key. While its SMS is there, the row is the proof that this SMS is free.
_FORGET = text("""
WITH page AS MATERIALIZED (
    SELECT company_id, number, day, command, message_id FROM inbound_reply
    WHERE (company_id, number, day, command) > (:company_id, :number, CAST(:day AS date), :command)
    ORDER BY company_id, number, day, command LIMIT :limit
), gone AS (
    DELETE FROM inbound_reply r USING page p
    WHERE r.company_id = p.company_id AND r.number = p.number AND r.day = p.day AND r.command = p.command
        AND r.day < :before AND NOT coalesce(r.message_id >= (SELECT id FROM message ORDER BY id LIMIT 1), false)
)
SELECT company_id, number, day, command FROM page ORDER BY company_id, number, day, command OFFSET :limit - 1
""")


async def forget(tx: Tx, *, before: date, after: ReplyKey, limit: int) -> ReplyKey | None:
    """Drop, among the next `limit` answers, those of days before this one whose SMS are gone; return the one to go on after, None at the end."""
    company_id, number, day, command = after
    parameters = {
        "company_id": company_id,
        "number": number,
        "day": day,
        "command": command,
        "before": before,
        "limit": limit,
    }
    last: ReplyKey | None = (await tx.execute(_FORGET, parameters)).one_or_none()
    return last
