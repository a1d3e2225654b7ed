"""Why the SMS of a campaign failed, from counters; those of campaigns that began before there were any are counted once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.failures import counted, may_arrive
from smsflow.services.messages import tallies
from smsflow.store.campaigns import ends
from smsflow.store.messages import failures
from smsflow.store.messages.failures import Reason
from smsflow.store.postgres.snapshot import one_snapshot
from smsflow.store.postgres.transactions import Tx

# Recipients that are read by one statement.
_PAGE = 20_000


@dataclass(frozen=True, slots=True)
class Why:
    """How many SMS failed for one reason, and whether it may pass."""

    reason: str
    passes: bool
    recipients: int


async def kept(tx: Tx, company_id: int, campaign_id: int) -> list[Why] | None:
    """Return why the SMS of a campaign failed, the most frequent reason first; None where that is still to be counted."""
    if not await failures.is_counted(tx, company_id, campaign_id):
        return None
    return _ordered(await failures.of_campaign(tx, company_id, campaign_id))


async def why(tx: Tx, company_id: int, campaign_id: int) -> list[Why]:
    """Return the same at any time: where it is still to be counted, every recipient is read."""
    found = await kept(tx, company_id, campaign_id)
    return _ordered(await _read(tx, company_id, campaign_id)) if found is None else found


def _ordered(found: Mapping[Reason, int]) -> list[Why]:
    reasons: Counter[tuple[str, bool]] = Counter()
    for (status, reason), messages in found.items():
        reasons[reason or status.name.lower(), may_arrive(status, reason)] += messages
    return [Why(reason, passes, messages) for (reason, passes), messages in reasons.most_common()]


async def uncounted(tx: Tx, *, now: datetime) -> list[tuple[int, int]]:
    """Return the campaigns, with their companies, whose failures are to be counted now: after an upgrade, once."""
    return await failures.uncounted(tx, now=now)


async def recount(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Count the failures of a campaign from its SMS, if nobody else counts now. The transaction must be a new one.

    In one snapshot: what is appended for the ends of SMS that it does not see is not seen either, and stays.
    """
    await one_snapshot(tx)
    if await tallies.alone(tx):
        await failures.replace(tx, company_id, campaign_id, await _read(tx, company_id, campaign_id))


async def _read(tx: Tx, company_id: int, campaign_id: int) -> Counter[Reason]:
    found: Counter[Reason] = Counter()
    after: int | None = 0
    while after is not None:
        page = await ends.failures(tx, company_id, campaign_id, after=after, limit=_PAGE)
        for (status, error), messages in page.counts.items():
            found[status, counted(error)] += messages
        after = page.place
    return found
