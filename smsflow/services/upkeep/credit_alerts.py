"""Companies whose credits fall below their threshold get one letter, and the next only after they were above it again."""

from datetime import datetime

from smsflow.domain.access import Role
from smsflow.services.mail.letters import letter
from smsflow.services.mail.outbox import Mail
from smsflow.store.accounts import people
from smsflow.store.credits import alerts
from smsflow.store.postgres.transactions import Tx

_TOLD = frozenset({Role.ADMIN, Role.ACCOUNTANT})


async def warn(tx: Tx, *, mail: Mail, now: datetime) -> int:
    """Write to the administrators and accountants of each company that has fallen below its threshold; return how many companies."""
    fallen = await alerts.fallen(tx, now=now)
    for company in fallen:
        for found in await people.of_company(tx, company.id):
            person = found.person
            if person.email and person.role in _TOLD and not found.disabled:
                written = letter(
                    "credits_low",
                    person.language or company.language,
                    company=company.name,
                    left=str(company.available),
                    limit=str(company.alert_below),
                )
                await mail.post(tx, written, to=person.email, company_id=company.id, now=now)
    return len(fallen)
