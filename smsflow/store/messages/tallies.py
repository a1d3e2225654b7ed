"""Tallies: how many SMS are in which state, by company, campaign, hour of acceptance, connector and kind.

A statement that changes the state of messages appends one row for each group and batch to `tally_delta`; `fold` moves these rows into
`tally`. Readers add both, in one snapshot, so that the figures are exact at every moment. An SMS counts for the hour in which it was
accepted, whatever happens to it later; one without a campaign counts for campaign 0. The SMS that wait are the rest of those accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from smsflow.domain.message import Kind
from smsflow.domain.verification import CodeState
from smsflow.store.messages import failures
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.bounds import bounded
from smsflow.store.postgres.snapshot import read_whole_tables
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Figures:
    """SMS by the state that they are in, and the credits that they took and gave back."""

    accepted: int = 0
    charged: int = 0
    sent: int = 0
    """The operator has them, and no receipt has come."""
    delivered: int = 0
    failed: int = 0
    expired: int = 0
    unknown: int = 0
    cancelled: int = 0
    returned: int = 0
    verified: int = 0
    """The codes in them that were verified."""
    console: int = 0
    """Those that somebody has sent in the console, without a campaign, and the credits that they took."""
    console_charged: int = 0


_FIGURES: Final = tuple(f.name for f in fields(Figures))
# A message does not say whether its code was verified, nor that the console sent it.
_OF_MESSAGES: Final = tuple(name for name in _FIGURES if name not in {"verified", "console", "console_charged"})
_KEY: Final = ("company_id", "campaign_id", "hour", "connector_id", "kind")
# The time zone of every session is UTC.
_HOUR: Final = "date_trunc('hour', created_at)"


def appended(changed: str, *, hour: str = _HOUR, **figures: str) -> str:
    """Return the statement that appends the changes of a common table expression, each figure as an aggregate over its rows.

    `changed` has company_id, campaign_id, created_at, connector_id and kind of each message; created_at is not read where `hour` is given.
    """
    return f"""
    INSERT INTO tally_delta ({", ".join(_KEY)}, {", ".join(figures)})
    SELECT company_id, coalesce(campaign_id, 0), {hour}, connector_id, kind, {", ".join(figures.values())}
    FROM {changed} GROUP BY 1, 2, 3, 4, 5"""


_VERIFIED = bounded(f"""
WITH changed AS (
    SELECT company_id, campaign_id, created_at, connector_id, kind FROM message
    WHERE id = :message_id AND WITHIN(id) AND company_id = :company_id
) {appended("changed", verified="count(*)")}
""")


async def verified(tx: Tx, company_id: int, message_id: int) -> None:
    """Count a code that was verified, for the hour and the connector of its SMS."""
    await tx.execute(_VERIFIED([message_id]), {"company_id": company_id, "message_id": message_id})


_BY_CONSOLE = bounded(f"""
WITH changed AS (
    SELECT company_id, campaign_id, created_at, connector_id, kind, charged FROM message
    WHERE id = ANY(CAST(:ids AS bigint[])) AND WITHIN(id) AND company_id = :company_id
) {appended("changed", console="count(*)", console_charged="sum(charged)")}
""")


async def by_console(tx: Tx, company_id: int, ids: Sequence[int]) -> None:
    """Count SMS that this transaction has accepted as sent in the console."""
    await tx.execute(_BY_CONSOLE(ids), {"company_id": company_id, "ids": ints(ids)})


_FOLD = text(f"""
WITH taken AS (DELETE FROM tally_delta RETURNING *)
INSERT INTO tally AS t ({", ".join(_KEY)}, {", ".join(_FIGURES)})
SELECT {", ".join(_KEY)}, {", ".join(f"sum({name})" for name in _FIGURES)} FROM taken GROUP BY {", ".join(_KEY)}
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET {", ".join(f"{name} = t.{name} + excluded.{name}" for name in _FIGURES)}
""")
# One process folds at a time: two would wait for each other's rows.
_ALONE = text("SELECT pg_try_advisory_xact_lock(7300002)")


async def alone(tx: Tx) -> bool:
    """Tell whether no other transaction folds or recounts until this one ends."""
    return bool((await tx.execute(_ALONE)).scalar_one())


async def fold(tx: Tx) -> None:
    """Move what was appended into the tallies; nothing when another process does it now."""
    if await alone(tx):
        await tx.execute(_FOLD)
        await failures.fold(tx)


_TAKE_ORDER = text("DELETE FROM tally_recount WHERE due_at <= :now RETURNING due_at")
_COUNT_STORED = text(f"""
WITH forgotten AS (DELETE FROM tally_delta)
INSERT INTO tally ({", ".join(_KEY)}, {", ".join(_OF_MESSAGES)})
SELECT company_id, coalesce(campaign_id, 0), {_HOUR}, connector_id, kind, count(*), sum(segments),
    count(*) FILTER (WHERE status = 2), count(*) FILTER (WHERE status = 3), count(*) FILTER (WHERE status = 4),
    count(*) FILTER (WHERE status = 6), count(*) FILTER (WHERE status = 8), count(*) FILTER (WHERE status = 7), sum(segments - charged)
FROM message GROUP BY 1, 2, 3, 4, 5
""")
_COUNT_VERIFIED = text(f"""
INSERT INTO tally AS t ({", ".join(_KEY)}, verified)
SELECT m.company_id, coalesce(m.campaign_id, 0), date_trunc('hour', m.created_at), m.connector_id, m.kind, count(*)
FROM verification v JOIN message m ON m.id = v.message_id WHERE v.state = :validated GROUP BY 1, 2, 3, 4, 5
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET verified = excluded.verified
""")


async def recount(tx: Tx, *, now: datetime) -> bool:
    """Count what is stored anew, if that is ordered and its time has come; False when not. The transaction must be a new one.

    In one snapshot: the appended rows of messages that it does not see are not seen either, and stay.
    """
    await read_whole_tables(tx)
    if not await alone(tx):
        return False
    if (await tx.execute(_TAKE_ORDER, {"now": now})).one_or_none() is None:
        return False
    await tx.execute(text("DELETE FROM tally"))
    await tx.execute(_COUNT_STORED)
    await tx.execute(_COUNT_VERIFIED, {"validated": int(CodeState.VALIDATED)})
    return True


def _summed(columns: str, where: str, group: str = "") -> str:
    """Return the statement that adds what is folded and what is appended; `columns` come before the figures."""
    figures = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in _FIGURES)
    read = ", ".join((*_KEY, *_FIGURES))
    return text(f"""
    SELECT {columns}{figures} FROM (
        SELECT {read} FROM tally WHERE company_id = :company_id AND {where}
        UNION ALL SELECT {read} FROM tally_delta WHERE company_id = :company_id AND {where}
    ) AS t {group}
    """)


# Walk tally_pkey from a company and a campaign, or tally_hour from a company and an hour; tally_delta is read whole, and small.
_OF_CAMPAIGN = _summed("", "campaign_id = :campaign_id")
_BY_CONNECTOR = _summed("connector_id, ", "campaign_id = :campaign_id", "GROUP BY connector_id ORDER BY connector_id")
_BY_HOUR = _summed("hour, ", "campaign_id = :campaign_id", "GROUP BY hour ORDER BY hour")
_DAY = "(hour AT TIME ZONE :timezone)::date"
_BY_DAY = _summed(
    f"{_DAY}, kind, connector_id, ", "hour >= :since", f"GROUP BY {_DAY}, kind, connector_id ORDER BY 1, 2, 3"
)


_BY_CAUSE = _summed(f"{_DAY}, campaign_id, kind, ", "hour >= :since", "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")


async def of_campaign(tx: Tx, company_id: int, campaign_id: int) -> Figures:
    """Return the figures of a campaign."""
    row = (await tx.execute(_OF_CAMPAIGN, {"company_id": company_id, "campaign_id": campaign_id})).one()
    return Figures(*row)


async def by_connector(tx: Tx, company_id: int, campaign_id: int) -> dict[int, Figures]:
    """Return the figures of a campaign by connector."""
    rows = await tx.execute(_BY_CONNECTOR, {"company_id": company_id, "campaign_id": campaign_id})
    return {connector_id: Figures(*figures) for connector_id, *figures in rows}


async def by_hour(tx: Tx, company_id: int, campaign_id: int) -> dict[datetime, Figures]:
    """Return the figures of a campaign by the hour in which its SMS were accepted."""
    rows = await tx.execute(_BY_HOUR, {"company_id": company_id, "campaign_id": campaign_id})
    return {hour: Figures(*figures) for hour, *figures in rows}


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of one day, kind and connector."""

    date: date
    kind: Kind
    connector_id: int
    figures: Figures


async def by_day(tx: Tx, company_id: int, *, since: datetime, timezone: str) -> list[Day]:
    """Return a company's figures since an hour, by day of a time zone, kind and connector."""
    parameters = {"company_id": company_id, "since": since, "timezone": timezone}
    rows = await tx.execute(_BY_DAY, parameters)
    return [Day(day, Kind(kind), connector_id, Figures(*figures)) for day, kind, connector_id, *figures in rows]


@dataclass(frozen=True, slots=True)
class Cause:
    """The figures of one day, campaign (0: none) and kind."""

    date: date
    campaign_id: int
    kind: Kind
    figures: Figures


async def by_cause(tx: Tx, company_id: int, *, since: datetime, timezone: str) -> list[Cause]:
    """Return a company's figures since an hour, by day of a time zone, campaign and kind."""
    rows = await tx.execute(_BY_CAUSE, {"company_id": company_id, "since": since, "timezone": timezone})
    return [Cause(day, campaign_id, Kind(kind), Figures(*figures)) for day, campaign_id, kind, *figures in rows]
