"""Lists of contacts, by name."""

from collections.abc import Iterable
from datetime import datetime

from smsflow.errors import AlreadyExists, NotFound
from smsflow.store.contacts import lists
from smsflow.store.postgres.transactions import Tx

ContactList = lists.ContactList


async def add_list(tx: Tx, company_id: int, name: str, *, now: datetime) -> int:
    """Add a list; return its id. Raises AlreadyExists."""
    list_id = await lists.add(tx, company_id, name, now=now)
    if list_id is None:
        raise AlreadyExists(what="list", name=name)
    return list_id


async def list_named(tx: Tx, company_id: int, name: str, *, now: datetime) -> int:
    """Return the id of the list of that name, which is added where there is none."""
    return await lists.named(tx, company_id, name) or await add_list(tx, company_id, name, now=now)


async def lists_named(tx: Tx, company_id: int, names: Iterable[str]) -> list[int]:
    """Return the ids of lists by their names; raise NotFound for the first that the company does not have."""
    found = []
    for name in names:
        list_id = await lists.named(tx, company_id, name)
        if list_id is None:
            raise NotFound(what="list", id=name)
        found.append(list_id)
    return found


async def show_lists(tx: Tx, company_id: int) -> list[ContactList]:
    """Return the company's lists."""
    return list(await lists.every(tx, company_id))


async def delete_list(tx: Tx, company_id: int, name: str) -> None:
    """Delete a list; its contacts stay. Raises NotFound."""
    (list_id,) = await lists_named(tx, company_id, [name])
    await lists.delete(tx, company_id, list_id)
