"""The way out of marketing: what `{stop}` becomes in the SMS of a company, and where marketing must have it."""

from smsflow.domain import stop_way, template
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.stop_way import Links, StopWays
from smsflow.errors import StopMissing
from smsflow.store.campaigns import policies
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import numbers

NO_WAY = "no_way_to_stop"


async def ways(tx: Tx, company: Company, links: Links | None) -> StopWays:
    """Return the ways out of a company's marketing: by link, and by the numbers that are surely its own."""
    phrases: dict[int, str] = {}
    for own in await numbers.of_company(tx, company.id):
        phrase = stop_way.by_sms(own.number, own.keyword, language=company.language)
        phrases[own.connector_id] = min(phrases.get(own.connector_id, phrase), phrase, key=len)
    return StopWays(company.id, links, phrases)


async def demanded(tx: Tx, company: Company) -> list[str]:
    """Return the countries that a company writes to in which marketing must say how to opt out."""
    known = await policies.every(tx)
    return [c for c in company.countries or (company.country,) if c in known and known[c].stop]


async def check(tx: Tx, company: Company, kind: Kind, text: str) -> None:
    """Raise StopMissing for marketing that does not say how to opt out where it must; a text may still be missing."""
    if kind is Kind.MARKETING and text and template.STOP not in template.parse(text).variables:
        countries = await demanded(tx, company)
        if countries:
            raise StopMissing(countries=", ".join(countries))
