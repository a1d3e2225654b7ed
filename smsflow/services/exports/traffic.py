"""The rows of what was sent and received: the log of messages, campaigns and their results, texts, codes and the inbox."""

from datetime import datetime

from smsflow.domain.account import Company
from smsflow.domain.message import public_id
from smsflow.services import inbound, searching, templates, verifications
from smsflow.services.campaigns import draft, export
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
    rows: Rows = [
        [m.source, m.text, m.destination, m.keyword or "", wanted.time(m.received_at)] for m in found.received
    ]
    return rows, None if found.older is None else str(found.older)


async def campaign(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the recipients of a campaign with what became of each, in their order."""
    found = await export.page(tx, company.id, int(wanted.asked["campaign"]), after=int(after or 0), limit=PAGE)
    names = list(wanted.attributes)
    rows: Rows = [export.row(reached, names, time=wanted.time, translate=wanted.word) for reached in found]
    return rows, str(found[-1].place) if len(found) == PAGE else None


async def codes(tx: Tx, company: Company, wanted: WantedFile, after: str, *, now: datetime) -> tuple[Rows, str | None]:
    """Return requests for codes with their state, the newest first; never a code."""
    found = await verifications.requests(tx, company.id, before=int(after) if after else None, limit=PAGE, now=now)
    rows: Rows = [
        [c.number, wanted.time(c.asked_at), wanted.time(c.expires_at), c.tries, wanted.word(c.state.name)]
        for c in found
    ]
    return rows, str(found[-1].id) if len(found) == PAGE else None


async def campaigns(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the campaigns that the page shows, the newest first."""
    del after
    rows: Rows = [
        [
            c.name,
            wanted.word(c.state),
            c.last_place,
            c.accepted,
            c.used if c.launched_at else c.segments,
            wanted.time(c.starts_at or c.launched_at or c.created_at),
        ]
        for c in await draft.latest(tx, company.id, limit=draft.SHOWN)
    ]
    return rows, None


async def texts(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the templates, all of them."""
    del after
    found = await templates.show_all(tx, company.id)
    return [[t.name, wanted.word(t.purpose), t.text, wanted.time(t.updated_at)] for t in found], None
