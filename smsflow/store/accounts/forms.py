"""Forms of the console: keys that act once, and what was typed when a session had ended."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.store.postgres.transactions import Tx, text


async def take_key(tx: Tx, user_id: int, key: str, *, now: datetime) -> bool:
    """Take a form's key for this transaction; False when it was taken before. One that is being taken is waited for."""
    insert = text("""
        INSERT INTO form_key (user_id, key, at) VALUES (:user_id, :key, :now) ON CONFLICT DO NOTHING RETURNING key
    """)
    return (await tx.execute(insert, {"user_id": user_id, "key": key, "now": now})).one_or_none() is not None


async def set_location(tx: Tx, user_id: int, key: str, location: str) -> None:
    """Keep where the form of this key led to."""
    update = text("UPDATE form_key SET location = :location WHERE user_id = :user_id AND key = :key")
    await tx.execute(update, {"user_id": user_id, "key": key, "location": location})


async def location_of(tx: Tx, user_id: int, key: str) -> str | None:
    """Return where the form of this key led to."""
    query = text("SELECT location FROM form_key WHERE user_id = :user_id AND key = :key")
    return (await tx.execute(query, {"user_id": user_id, "key": key})).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class KeptForm:
    """The content of a form that was kept, sealed, and the page it was typed on."""

    path: str
    fields_sealed: str


async def keep(tx: Tx, key: str, *, user_id: int, path: str, fields_sealed: str, until: datetime) -> None:
    """Keep what somebody had typed."""
    insert = text("""
        INSERT INTO kept_form (key, user_id, path, fields_sealed, until) VALUES (:key, :user_id, :path, :fields, :until)
    """)
    parameters = {"key": key, "user_id": user_id, "path": path, "fields": fields_sealed, "until": until}
    await tx.execute(insert, parameters)


async def take_kept(tx: Tx, key: str, *, user_id: int, now: datetime) -> KeptForm | None:
    """Take out what this person had typed, or None."""
    statement = text("""
        DELETE FROM kept_form WHERE key = :key AND user_id = :user_id AND until > :now RETURNING path, fields_sealed
    """)
    row = (await tx.execute(statement, {"key": key, "user_id": user_id, "now": now})).one_or_none()
    return KeptForm(*row) if row else None
