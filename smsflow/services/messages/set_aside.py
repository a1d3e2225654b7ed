"""Entries that the database refuses alone: kept without texts and whole numbers, and counted for `doctor`."""

from datetime import datetime

from smsflow.observe import mask_number
from smsflow.services.messages.outcomes import Report
from smsflow.store.inbound import InboundPart
from smsflow.store.messages import set_aside
from smsflow.store.messages.receipts import News
from smsflow.store.messages.set_aside import SetAside, SetAsideCount
from smsflow.store.postgres.outages import named
from smsflow.store.postgres.transactions import Tx

_MOST = 500


async def keep_outcome(tx: Tx, report: Report, error: Exception, *, connector_id: int, now: datetime) -> None:
    """Keep what an operator answered to a submit."""
    detail = f"attempt {report.attempt}: {report.outcome!r}"
    await _keep(tx, "outcomes", detail, error, connector_id=connector_id, message_id=report.message_id, now=now)


async def keep_delivery(
    tx: Tx, news: News | None, message: InboundPart | None, error: Exception, *, connector_id: int, now: datetime
) -> None:
    """Keep what a deliver_sm was about: a receipt, a message of a handset, or what may be either."""
    if news is not None:
        detail = f"{news.status.name} of {news.reference!r}, number {mask_number(news.number)!r}"
        await _keep(tx, "receipts", detail, error, connector_id=connector_id, now=now)
    if message is not None:
        detail = (
            f"from {mask_number(message.source)!r}, {len(message.body)} octets of data_coding {message.data_coding}"
        )
        await _keep(tx, "inbound", detail, error, connector_id=connector_id, now=now)


async def counted(tx: Tx, *, since: datetime) -> list[SetAsideCount]:
    """Return what was set aside since then, by path."""
    return await set_aside.counted(tx, since=since)


async def _keep(
    tx: Tx,
    path: str,
    detail: str,
    error: Exception,
    *,
    connector_id: int,
    now: datetime,
    message_id: int | None = None,
) -> None:
    entry = SetAside(path, connector_id, message_id, detail[:_MOST], named(error))
    await set_aside.keep(tx, entry, now=now)
