"""What `{stop}` becomes in the SMS of a company."""

from smsflow.domain import stop_way
from smsflow.domain.account import Company
from smsflow.domain.stop_way import Links, StopWays
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
