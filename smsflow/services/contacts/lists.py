"""Lists of contacts: by name, filled by hand and by imports, or by rules on what is known of people."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from smsflow.domain.selection import MOST_RULES, Rule
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.store.contacts import contacts, lists
from smsflow.store.contacts.selections import Members
from smsflow.store.postgres.transactions import Tx

ContactList = lists.ContactList
MembersPage = contacts.MembersPage

_LONGEST_NAME = 200


def _named(written: str) -> str:
    """Return a list's name as it is kept: one line without spaces around it. Raises ParameterInvalid."""
    name = written.strip()
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ParameterInvalid(parameter="list", expected=f"a name of one line with 1 to {_LONGEST_NAME} characters")
    return name


async def add_list(tx: Tx, company_id: int, name: str, *, rules: Sequence[Rule] | None = None, now: datetime) -> int:
    """Add a list, of whoever fulfils all the rules when there are any; return its id. Raises AlreadyExists and ParameterInvalid."""
    counted = 0 if rules is None else await count(tx, company_id, rules)
    list_id = await lists.add(tx, company_id, _named(name), rules=rules, counted=counted, now=now)
    if list_id is None:
        raise AlreadyExists(what="list", name=name)
    return list_id


async def change_list(
    tx: Tx, company_id: int, list_id: int, name: str, *, rules: Sequence[Rule] | None, now: datetime
) -> None:
    """Give a list another name or other rules, and count it; raise NotFound, AlreadyExists or ParameterInvalid."""
    found = await show_list(tx, company_id, list_id)
    if (found.rules is None) is not (rules is None):
        raise ParameterInvalid(parameter="rule", expected="a list by rule stays one, and another does not become one")
    counted = 0 if rules is None else await count(tx, company_id, rules)
    if not await lists.change(tx, company_id, list_id, _named(name), rules=rules, counted=counted, now=now):
        raise AlreadyExists(what="list", name=name)


async def count(tx: Tx, company_id: int, rules: Sequence[Rule]) -> int:
    """Return how many contacts fulfil all of some rules; raise ParameterInvalid for too many rules."""
    if not 1 <= len(rules) <= MOST_RULES:
        raise ParameterInvalid(parameter="rule", expected=f"a list by rule has 1 to {MOST_RULES} rules")
    return await contacts.count_of(tx, company_id, Members(selections=[rules]))


async def show_list(tx: Tx, company_id: int, list_id: int) -> ContactList:
    """Return a list; raise NotFound."""
    found = await lists.find(tx, company_id, list_id)
    if found is None:
        raise NotFound(what="list", id=list_id)
    return found


async def counted(tx: Tx, company_id: int, list_id: int, *, now: datetime) -> ContactList:
    """Return a list with its members counted anew; raise NotFound."""
    found = await show_list(tx, company_id, list_id)
    if found.rules is None:
        return found
    await change_list(tx, company_id, list_id, found.name, rules=found.rules, now=now)
    return await show_list(tx, company_id, list_id)


async def page_of(tx: Tx, company_id: int, list_id: int, *, after: int, limit: int) -> MembersPage:
    """Return members of a list behind an id, in the order of their ids."""
    members = await lists.members(tx, company_id, [list_id])
    return await contacts.page_of(tx, company_id, members, after=after, limit=limit)


async def list_named(tx: Tx, company_id: int, name: str, *, now: datetime) -> int:
    """Return the id of the list of that name to put contacts into, which is added where there is none.

    Raises ParameterInvalid for a list by rule.
    """
    list_id = await lists.named(tx, company_id, _named(name))
    if list_id is None:
        return await add_list(tx, company_id, name, now=now)
    if (await show_list(tx, company_id, list_id)).rules is not None:
        raise ParameterInvalid(parameter="list", expected="a list that contacts can be put into, not one by rule")
    return list_id


async def put_in(tx: Tx, company_id: int, contact_id: int, name: str, *, now: datetime) -> None:
    """Put a contact into a list, which is added where there is none; raise ParameterInvalid for a list by rule."""
    await lists.put_in(tx, company_id, await list_named(tx, company_id, name, now=now), contact_id)


async def take_out(tx: Tx, company_id: int, contact_id: int, list_id: int) -> None:
    """Take a contact out of a list."""
    await lists.keep(tx, company_id)
    await lists.take_out(tx, company_id, list_id, contact_id)


of_contact = lists.of_contact


async def lists_named(tx: Tx, company_id: int, names: Iterable[str]) -> list[int]:
    """Return the ids of lists by their names; raise NotFound for the first that the company does not have."""
    found = []
    for name in names:
        list_id = await lists.named(tx, company_id, name.strip())
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
