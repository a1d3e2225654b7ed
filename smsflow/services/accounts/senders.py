"""The sender IDs of a company."""

from smsflow.domain import phone
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.store.accounts import companies, senders
from smsflow.store.postgres.transactions import Tx


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Give a company a sender; return its id."""
    _check(name)
    if await companies.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    return await senders.add_sender(tx, company_id, name, state=state, is_default=is_default)


async def ask_for(tx: Tx, company_id: int, name: str) -> int:
    """Add a sender that sends nothing until the platform approves it; return its id. Raises AlreadyExists or ParameterInvalid."""
    _check(name)
    sender_id = await senders.ask_for(tx, company_id, name)
    if sender_id is None:
        raise AlreadyExists(what="sender", name=name)
    return sender_id


async def set_default(tx: Tx, company_id: int, sender_id: int) -> None:
    """Make an approved sender the company's default; raise NotFound."""
    if not await senders.set_default(tx, company_id, sender_id):
        raise NotFound(what="sender", id=sender_id)


def _check(name: str) -> None:
    if not phone.is_sender(name):
        expected = "1 to 11 letters, digits or spaces, or a number of at most 15 digits"
        raise ParameterInvalid(parameter="sender", expected=expected)
