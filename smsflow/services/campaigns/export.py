"""A campaign's result as a file: one row for each recipient, read and written page by page."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from smsflow.domain import failures, optout, template
from smsflow.domain.account import Company
from smsflow.domain.message import Status
from smsflow.services.campaigns.draft import show
from smsflow.services.campaigns.prepare import OPTED_OUT
from smsflow.services.contacts import files
from smsflow.sheets.export import Cell
from smsflow.smpp.meanings import meaning
from smsflow.store.campaigns import ends
from smsflow.store.postgres.transactions import Tx

Reached = ends.Reached

_PAGE = 5000
COLUMNS: Final = ("number", "state", "reason", "segments", "sent", "done")
WAITING: Final = "waiting"
NOT_WRITTEN_TO: Final = "not written to"
_CANCELLED: Final = "cancelled"

# Why somebody is not written to, in words.
REASONS: Final = {
    OPTED_OUT: "opted out",
    "no_value": "a variable has neither a value nor a default",
    "too_long": "the text has too many segments",
    "no_route": "no connector takes this number",
    "country_not_allowed": "the company may not write to this country",
    "no_way_to_stop": "there is no way out to write for {stop}",
    "daily_limit": "got as much marketing that day as the country allows",
    "outside_hours": "its turn came outside of the hours allowed",
    "number_not_mobile": "the number is no mobile number",
    _CANCELLED: "the campaign was cancelled before its turn",
}


async def export(
    tx: Tx,
    company: Company,
    campaign_id: int,
    file: Path,
    *,
    translate: Callable[[str], str] = str,
) -> int:
    """Write a campaign's recipients into a CSV or XLSX file; return how many there are. Raises NotFound.

    A page at a time is in memory. Give a connection in autocommit mode: a million rows would hold a transaction open for long. The
    file is written in a thread, which asks for the next page when it has written the last.
    """
    files.check(file)
    names = await variables(tx, company.id, campaign_id)
    zone, loop, written = ZoneInfo(company.timezone), asyncio.get_running_loop(), 0

    async def following(after: int) -> list[Reached]:
        return await page(tx, company.id, campaign_id, after=after, limit=_PAGE)

    def local(at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(zone).replace(tzinfo=None)

    def rows() -> Iterator[list[Cell]]:
        nonlocal written
        after = 0
        while found := asyncio.run_coroutine_threadsafe(following(after), loop).result():
            after = found[-1].place
            written += len(found)
            for reached in found:
                yield row(reached, names, time=local, translate=translate)

    heading = [translate(name) for name in COLUMNS]
    await asyncio.to_thread(files.write, file, [heading[0], *names, *heading[1:]], rows())
    return written


async def page(tx: Tx, company_id: int, campaign_id: int, *, after: int, limit: int) -> list[Reached]:
    """Return the recipients behind a place, in their order, with the reason of those that it did not come to and of those whose SMS was cancelled."""
    found = await ends.page(tx, company_id, campaign_id, after=after, limit=limit)
    if not any(_is_open(r) or (r.sms and r.sms.status is Status.CANCELLED) for r in found):
        return found
    campaign = await show(tx, company_id, campaign_id)
    ended = campaign.finished_at if campaign.state == "cancelled" else None
    return [replace(reached, reason=_why(reached, ended)) for reached in found]


def _why(reached: Reached, ended: datetime | None) -> str | None:
    """Return why somebody got nothing, given when the campaign was cancelled."""
    sms = reached.sms
    if sms is not None and sms.status is Status.CANCELLED:
        if sms.error == optout.OPTED_OUT:
            return OPTED_OUT
        return _CANCELLED if ended and sms.done_at and sms.done_at >= ended else reached.reason
    return _CANCELLED if ended and _is_open(reached) else reached.reason


def _is_open(reached: Reached) -> bool:
    return reached.reason is None and not reached.accepted


async def variables(tx: Tx, company_id: int, campaign_id: int) -> list[str]:
    """Return the variables of a campaign, each of which is a column behind the number; raise NotFound."""
    campaign = await show(tx, company_id, campaign_id)
    return [name for name in template.parse(campaign.text).variables if name != template.STOP]


def row(
    reached: Reached,
    names: list[str],
    *,
    time: Callable[[datetime | None], Cell],
    translate: Callable[[str], str],
) -> list[Cell]:
    """Return the row of a recipient."""
    values: list[Cell] = [reached.number, *(reached.values.get(name, "") for name in names)]
    sms = reached.sms
    if sms is None:
        if reached.accepted:
            return [*values, "", "", None, None, None]
        state = WAITING if reached.reason is None else NOT_WRITTEN_TO
        return [*values, translate(state), _in_words(reached.reason, translate), None, None, None]
    state = sms.status.name.lower()
    return [
        *values,
        translate(state),
        _in_words(reached.reason, translate) or _reason(sms.error, translate),
        sms.segments,
        time(sms.sent_at),
        time(sms.done_at),
    ]


def _in_words(reason: str | None, translate: Callable[[str], str]) -> str:
    return translate(REASONS.get(reason, reason)) if reason else ""


def _reason(error: str | None, translate: Callable[[str], str]) -> str:
    """Return what the operator said in words, with its own word behind them."""
    if error is None:
        return ""
    words = failures.meaning(error) or meaning(error)
    return translate(error) if words is None else f"{translate(words)} ({error})"
