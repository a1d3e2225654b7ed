"""Campaigns as they are written: their text, their plan and their state."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from smsflow.domain.message import Kind
from smsflow.domain.schedule import Pace
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with what its preparation and its run have come to."""

    id: int
    company_id: int
    name: str
    kind: Kind
    state: str
    why: str
    text: str
    sender: str | None
    plan: Mapping[str, Any]
    starts_at: datetime | None
    created_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    place: int
    last_place: int
    segments: int
    accepted: int
    refused: int
    reserved: int
    used: int
    preparing: Mapping[str, Any] | None
    deferred: int
    pace: Pace


_SELECT = """
SELECT c.id, c.company_id, c.name, c.kind, c.state, c.why, c.text, c.sender, c.plan, c.starts_at, c.created_at, c.launched_at,
    c.finished_at, r.place, r.last_place, r.segments, r.accepted, r.refused, r.reserved, r.used, c.preparing, r.deferred,
    r.pace_left, r.pace_at
FROM campaign c JOIN campaign_run r ON r.company_id = c.company_id AND r.campaign_id = c.id
"""
_FIND = text(f"{_SELECT} WHERE c.company_id = :company_id AND c.id = :id")
_LOCK = text(f"{_SELECT} WHERE c.company_id = :company_id AND c.id = :id FOR NO KEY UPDATE OF c, r")
_LOCK_FREE = text(f"{_SELECT} WHERE c.company_id = :company_id AND c.id = :id FOR NO KEY UPDATE OF c, r SKIP LOCKED")
_EVERY = text(f"{_SELECT} WHERE c.company_id = :company_id AND c.drafted ORDER BY c.id DESC LIMIT :limit")


def _campaign(row: Any) -> Campaign:
    *facts, pace_left, pace_at = row
    columns: tuple[Any, ...] = (*facts, Pace(pace_left, pace_at))
    found = Campaign(*columns)
    return replace(found, kind=Kind(found.kind))


async def add(
    tx: Tx,
    company_id: int,
    name: str,
    *,
    kind: Kind,
    body: str,
    sender: str | None,
    plan: Mapping[str, Any],
    starts_at: datetime | None,
    now: datetime,
) -> int | None:
    """Add a draft; return its id, or None when the company has a campaign of that name."""
    insert = text("""
        WITH taken AS (
            SELECT FROM campaign WHERE company_id = :company_id AND lower(name) = lower(:name)
        ), added AS (
            INSERT INTO campaign (company_id, name, kind, state, drafted, text, sender, plan, starts_at, created_at)
            SELECT :company_id, :name, :kind, 'draft', true, :text, :sender, CAST(:plan AS jsonb), :starts_at, :now
            WHERE NOT EXISTS (SELECT FROM taken)
            ON CONFLICT (company_id, lower(name)) WHERE drafted DO NOTHING
            RETURNING id
        )
        INSERT INTO campaign_run (company_id, campaign_id) SELECT :company_id, id FROM added RETURNING campaign_id
    """)
    parameters = {
        "company_id": company_id,
        "name": name,
        "kind": int(kind),
        "text": body,
        "sender": sender,
        "plan": _encode(plan).decode(),
        "starts_at": starts_at,
        "now": now,
    }
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def change(
    tx: Tx,
    company_id: int,
    campaign_id: int,
    name: str,
    *,
    kind: Kind,
    body: str,
    sender: str | None,
    plan: Mapping[str, Any],
    starts_at: datetime | None,
) -> bool:
    """Change a campaign, which is a draft again; tell whether its name is free."""
    update = text("""
        UPDATE campaign SET name = :name, kind = :kind, state = 'draft', why = '', text = :text, sender = :sender,
            plan = CAST(:plan AS jsonb), starts_at = :starts_at, launched_at = NULL, preparing = NULL, unused_since = NULL
        WHERE company_id = :company_id AND id = :id AND NOT EXISTS (
            SELECT FROM campaign WHERE company_id = :company_id AND lower(name) = lower(:name) AND id <> :id)
        RETURNING id
    """)
    parameters = {
        "company_id": company_id,
        "id": campaign_id,
        "name": name,
        "kind": int(kind),
        "text": body,
        "sender": sender,
        "plan": _encode(plan).decode(),
        "starts_at": starts_at,
    }
    return (await tx.execute(update, parameters)).scalar_one_or_none() is not None


async def set_preparing(tx: Tx, company_id: int, campaign_id: int, preparing: Mapping[str, Any] | None) -> None:
    """Note how far a preparation in the background is; None for none."""
    update = text("""
        UPDATE campaign SET preparing = CAST(:preparing AS jsonb) WHERE company_id = :company_id AND id = :id
    """)
    written = None if preparing is None else _encode(preparing).decode()
    await tx.execute(update, {"company_id": company_id, "id": campaign_id, "preparing": written})


async def preparing(tx: Tx) -> list[tuple[int, int]]:
    """Return the company and the id of each campaign that waits to be prepared (walks campaign_preparing, which holds nothing else)."""
    query = text("SELECT company_id, id FROM campaign WHERE state = 'draft' AND preparing IS NOT NULL ORDER BY id")
    return [(company_id, campaign_id) for company_id, campaign_id in await tx.execute(query)]


async def find(tx: Tx, company_id: int, campaign_id: int) -> Campaign | None:
    """Return a drafted campaign of the company, or None."""
    row = (await tx.execute(_FIND, {"company_id": company_id, "id": campaign_id})).one_or_none()
    return _campaign(row) if row else None


async def lock(tx: Tx, company_id: int, campaign_id: int) -> Campaign | None:
    """Lock a drafted campaign of the company until the transaction ends, and return it, or None."""
    row = (await tx.execute(_LOCK, {"company_id": company_id, "id": campaign_id})).one_or_none()
    return _campaign(row) if row else None


async def lock_free(tx: Tx, company_id: int, campaign_id: int) -> Campaign | None:
    """Lock a drafted campaign of the company that nobody else has locked, and return it, or None."""
    row = (await tx.execute(_LOCK_FREE, {"company_id": company_id, "id": campaign_id})).one_or_none()
    return _campaign(row) if row else None


async def hold_states(tx: Tx, campaigns: Collection[tuple[int, int]]) -> dict[int, str]:
    """Return the states of drafted campaigns, given as (company, campaign), by their ids; they stay so until the transaction ends."""
    if not campaigns:
        return {}
    query = text("""
        SELECT c.id, c.state FROM campaign c
        JOIN unnest(CAST(:companies AS bigint[]), CAST(:ids AS bigint[])) AS t(company_id, id) ON c.company_id = t.company_id AND c.id = t.id
        WHERE c.drafted ORDER BY c.id FOR SHARE OF c
    """)
    parameters = {"companies": ints(c for c, _ in campaigns), "ids": ints(c for _, c in campaigns)}
    return dict(await tx.execute(query, parameters))


async def latest(tx: Tx, company_id: int, *, limit: int) -> list[Campaign]:
    """Return the company's drafted campaigns, newest first."""
    return [_campaign(row) for row in await tx.execute(_EVERY, {"company_id": company_id, "limit": limit})]


async def set_state(
    tx: Tx,
    company_id: int,
    campaign_id: int,
    state: str,
    *,
    why: str = "",
    launched_at: datetime | None = None,
    finished_at: datetime | None = None,
) -> None:
    """Give a campaign its state, with the reason where there is one."""
    update = text("""
        UPDATE campaign SET state = :state, why = :why, unused_since = NULL, launched_at = coalesce(:launched_at, launched_at),
            finished_at = coalesce(:finished_at, finished_at)
        WHERE company_id = :company_id AND id = :id
    """)
    parameters = {
        "company_id": company_id,
        "id": campaign_id,
        "state": state,
        "why": why,
        "launched_at": launched_at,
        "finished_at": finished_at,
    }
    await tx.execute(update, parameters)


async def set_plan(tx: Tx, company_id: int, campaign_id: int, plan: Mapping[str, Any]) -> None:
    """Change when and how fast a campaign runs."""
    update = text("UPDATE campaign SET plan = CAST(:plan AS jsonb) WHERE company_id = :company_id AND id = :id")
    await tx.execute(update, {"company_id": company_id, "id": campaign_id, "plan": _encode(plan).decode()})


@dataclass(frozen=True, slots=True)
class OpenCampaign:
    """A campaign that runs, or whose time may have come."""

    company_id: int
    id: int
    state: str
    starts_at: datetime | None


async def due(tx: Tx) -> list[OpenCampaign]:
    """Return the drafted campaigns that are scheduled or running (walks campaign_open, which holds nothing else)."""
    query = text("""
        SELECT company_id, id, state, starts_at FROM campaign WHERE drafted AND state IN ('scheduled', 'running') ORDER BY id
    """)
    return [OpenCampaign(*row) for row in await tx.execute(query)]
