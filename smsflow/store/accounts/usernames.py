"""Usernames, found by the folded form that is stored beside each."""

from smsflow.domain.account import folded
from smsflow.store.postgres.transactions import Tx, text


async def id_of(tx: Tx, username: str) -> int | None:
    """Return the user of exactly that name, else the one of that folded form, or None."""
    # Those without a form were added by the release before (migration 0014); there are few or none.
    query = text("""
        SELECT id, username FROM account_user WHERE folded = :folded OR folded IS NULL ORDER BY folded NULLS LAST, id
    """)
    form = folded(username)
    same = [(user_id, name) for user_id, name in await tx.execute(query, {"folded": form}) if folded(name) == form]
    user_id, _ = min(same, key=lambda one: one[1] != username, default=(None, ""))
    return user_id


async def fold_all(tx: Tx) -> None:
    """Give the users that the release before added their folded form, where no other user has it."""
    update = text("""
        UPDATE account_user SET folded = :folded
        WHERE id = :id AND NOT EXISTS (SELECT 1 FROM account_user WHERE folded = :folded)
    """)
    unfolded = await tx.execute(text("SELECT id, username FROM account_user WHERE folded IS NULL ORDER BY id"))
    for user_id, username in unfolded.all():
        await tx.execute(update, {"id": user_id, "folded": folded(username)})
