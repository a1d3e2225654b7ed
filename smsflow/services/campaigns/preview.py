"""The SMS that the recipients of a prepared campaign will read, one by one, the longest first."""

from collections.abc import Mapping
from dataclasses import dataclass

from smsflow.domain import segments, template
from smsflow.domain.account import Company
from smsflow.domain.encoding import Encoding, encoding_of
from smsflow.domain.stop_way import Links
from smsflow.services.campaigns import stop
from smsflow.services.campaigns.draft import Campaign
from smsflow.store.campaigns import previews
from smsflow.store.postgres.transactions import Tx


@dataclass(frozen=True, slots=True)
class RecipientSms:
    """One recipient: the SMS as it was counted, or the reason why there is none."""

    place: int
    number: str
    text: str | None
    reason: str | None
    segments: int

    @property
    def characters(self) -> int:
        """How long the SMS is, in the units of its alphabet."""
        return segments.units(self.text or "")

    @property
    def is_gsm(self) -> bool:
        """Whether the SMS is within the GSM alphabet."""
        return encoding_of(self.text or "") is Encoding.GSM7


async def longest(tx: Tx, company: Company, campaign: Campaign, *, links: Links | None) -> RecipientSms | None:
    """Return the recipient who gets the longest SMS; None when nobody gets one."""
    place = await previews.longest(tx, company.id, campaign.id)
    return None if place is None else await row(tx, company, campaign, place, links=links)


async def row(tx: Tx, company: Company, campaign: Campaign, place: int, *, links: Links | None) -> RecipientSms | None:
    """Return the recipient at a place, or None; the way out of marketing stands there in its longest form, as it is counted."""
    found = await previews.at(tx, company.id, campaign.id, place)
    if found is None:
        return None
    if found.reason is not None:
        return RecipientSms(found.place, found.number, None, found.reason, 0)
    parsed, values = template.parse(campaign.text), dict[str, str](found.values or {})
    if template.STOP in parsed.variables:
        values[template.STOP] = (await stop.ways(tx, company, links)).longest() or ""
    return RecipientSms(found.place, found.number, _rendered(parsed, values), None, found.segments)


def _rendered(parsed: template.Template, values: Mapping[str, str]) -> str | None:
    text = parsed.render(values)
    return text if isinstance(text, str) else None
