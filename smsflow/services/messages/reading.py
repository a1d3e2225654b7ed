"""Messages as their company reads them."""

from smsflow.domain.message import internal_id
from smsflow.errors import NotFound, ParameterInvalid
from smsflow.store.messages import rows
from smsflow.store.messages.rows import Shown
from smsflow.store.postgres.transactions import Tx

__all__ = ["Shown", "find", "latest"]


async def find(tx: Tx, company_id: int, public_id: str) -> Shown:
    """Return the message of the company that has this public id; raise ParameterInvalid or NotFound."""
    message_id = internal_id(public_id.strip())
    if message_id is None:
        raise ParameterInvalid(parameter="id", expected="SMS and seven digits")
    found = await rows.find(tx, company_id, message_id)
    if found is None:
        raise NotFound(what="sms", id=public_id)
    return found


async def latest(tx: Tx, company_id: int, *, campaign_id: int | None, limit: int) -> list[Shown]:
    """Return the company's last messages, or those of a campaign, newest first."""
    return await rows.latest(tx, company_id, campaign_id=campaign_id, limit=limit)
