"""The sender IDs of a company."""

from smsflow.domain import phone
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.store.accounts import companies, senders
from smsflow.store.postgres.transactions import Tx


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Give a company a sender; return its id."""
    if not phone.is_sender(name):
        expected = "1 to 11 letters, digits or spaces, or a number of at most 15 digits"
        raise ParameterInvalid(parameter="sender", expected=expected)
    if await companies.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    return await senders.add_sender(tx, company_id, name, state=state, is_default=is_default)
