"""Mail about campaigns: one waits for an approval, what became of it, one has paused by itself."""

from datetime import datetime
from typing import Final

from smsflow.domain.access import RIGHTS, Right
from smsflow.domain.account import Company
from smsflow.services.accounts import people
from smsflow.services.accounts.sessions import Person
from smsflow.services.campaigns import approval, draft
from smsflow.services.mail.letters import letter
from smsflow.services.mail.outbox import Mail
from smsflow.store.postgres.transactions import Tx

# The beginning of the sentence that a pause stores, and the letter about it.
_PAUSED: Final = {
    "its time passed": "paused_late",
    "the company is suspended": "paused_suspended",
    "too many SMS failed": "paused_failing",
    "the connector": "paused_connector",
    "the sender": "paused_sender",
    "its turn failed": "paused_failed",
}


async def ask(tx: Tx, company: Company, campaign_id: int, *, author: str, mail: Mail, now: datetime) -> None:
    """Write to those who may approve a campaign that it was submitted to them."""
    authors = (await approval.people(tx, company.id, campaign_id)).authors
    readers = [
        p
        for p in await _reachable(tx, company)
        if Right.APPROVE_CAMPAIGNS in RIGHTS[p.role] and p.username not in authors
    ]
    await _post(tx, company, campaign_id, "approval_asked", readers, mail=mail, now=now, author=author)


async def answer(
    tx: Tx, company: Company, campaign_id: int, *, reviewer: str, reason: str | None, mail: Mail, now: datetime
) -> None:
    """Write to the authors of a campaign that it was approved, or sent back for a reason."""
    authors = (await approval.people(tx, company.id, campaign_id)).authors
    readers = [p for p in await _reachable(tx, company) if p.username in authors]
    name = "approved" if reason is None else "sent_back"
    words = {"reviewer": reviewer, **({} if reason is None else {"reason": reason})}
    await _post(tx, company, campaign_id, name, readers, mail=mail, now=now, **words)


async def notify_paused(tx: Tx, company: Company, campaign_id: int, why: str, *, mail: Mail, now: datetime) -> None:
    """Write to those who may resume a campaign that it has paused by itself, and why."""
    name = next(letter_ for begins, letter_ in _PAUSED.items() if why.startswith(begins))
    readers = [p for p in await _reachable(tx, company) if Right.WRITE_CAMPAIGNS in RIGHTS[p.role]]
    await _post(tx, company, campaign_id, name, readers, mail=mail, now=now)


async def _reachable(tx: Tx, company: Company) -> list[Person]:
    return [s.person for s in await people.of_company(tx, company.id) if s.person.email and not s.disabled]


async def _post(
    tx: Tx,
    company: Company,
    campaign_id: int,
    name: str,
    readers: list[Person],
    *,
    mail: Mail,
    now: datetime,
    **words: str,
) -> None:
    campaign = (await draft.show(tx, company.id, campaign_id)).name
    link = mail.address(f"/app/campaigns/{campaign_id}")
    for reader in readers:
        written = letter(
            name, reader.language or company.language, campaign=campaign, company=company.name, link=link, **words
        )
        await mail.post(tx, written, to=reader.email or "", company_id=company.id, now=now)
