"""The rows of what was sent and received: the log of messages and the inbox."""

from smsflow.domain.account import Company
from smsflow.domain.message import public_id
from smsflow.services import inbound, searching
from smsflow.services.exports.wanted import PAGE, Rows, WantedFile
from smsflow.services.messages import log
from smsflow.store.postgres.transactions import Tx


async def messages(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return messages, the newest first."""
    filter_ = searching.log_filter(wanted.asked, wanted.timezone)
    found = await log.page(tx, company.id, filter_, before=int(after) if after else None, limit=PAGE)
    rows: Rows = [
        [
            m.number,
            public_id(m.id),
            wanted.time(m.created_at),
            m.sender,
            m.campaign or "",
            m.segments,
            wanted.words.get(str(int(m.status)), ""),
        ]
        for m in found.messages
    ]
    return rows, None if found.older is None else str(found.older)


async def inbox(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return inbound SMS, the newest first."""
    found = await inbound.of_company(
        tx,
        company.id,
        before=int(after) if after else None,
        limit=PAGE,
        ending=searching.ending_of(wanted.asked.get("q", "")),
    )
    rows: Rows = [[m.source, m.text, m.destination, m.keyword or "", wanted.time(m.received_at)] for m in found]
    return rows, str(found[-1].id) if len(found) == PAGE else None
