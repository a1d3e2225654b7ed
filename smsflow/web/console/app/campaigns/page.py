"""Campaigns: all of them, and one as it is checked, launched, watched, paused and cancelled."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.schedule import Plan
from smsflow.errors import NotEnoughCredits, NotFound, StateRefused
from smsflow.runtime import links
from smsflow.services import audit
from smsflow.services.campaigns import draft, launch, prepare, result
from smsflow.services.contacts import lists
from smsflow.services.messages.prepare import Limits
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.app.campaigns.words import REASONS, STATES, hours_text, pause_of
from smsflow.web.console.shell import pictures
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request

_MOST = 200
_ACTS: Final[Mapping[str, Callable[..., Awaitable[object]]]] = {
    "launch": launch.launch,
    "pause": launch.pause,
    "resume": launch.resume,
    "cancel": launch.cancel,
}
_RECORDED = {
    "prepare": "campaign counted",
    "launch": "campaign launched",
    "pause": "campaign paused",
    "resume": "campaign resumed",
    "cancel": "campaign cancelled",
}
_BEFORE_LAUNCH = frozenset({"draft", "prepared", "approval"})


class Campaigns:
    """`/app/campaigns`."""

    access = Right.SEE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        async with self._shell.reading() as tx:
            found = await draft.latest(tx, visitor.company_id, limit=_MOST)
        await self._shell.show(req, resp, visitor, "app/campaigns/page.html", campaigns=found, states=STATES)

    on_head = on_get


class CampaignPage:
    """`/app/campaigns/{id}`: what it costs before it is launched, what it has come to afterwards."""

    access, posts = Right.SEE_CAMPAIGNS, Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, campaign_id, Filled())

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Launch, pause, resume or cancel it."""
        filled, locale, now = await self._shell.form(req, visitor), visitor.locale, self._shell.clock()
        act = filled["act"]
        if act not in _RECORDED:
            raise falcon.HTTPNotFound
        try:
            async with self._shell.act(visitor, filled, f"/app/campaigns/{campaign_id}?done={act}") as doing:
                if act == "prepare":
                    await prepared(self._shell, doing.tx, visitor, campaign_id)
                else:
                    await _ACTS[act](doing.tx, visitor.company_id, campaign_id, now=now)
                await audit.record(doing.tx, visitor.actor, _RECORDED[act], str(campaign_id), now=now)
        except NotFound:
            raise falcon.HTTPNotFound from None
        except StateRefused:
            filled.wrong(
                "act", locale.gettext("Somebody has changed this campaign meanwhile. This is how it stands now.")
            )
        except NotEnoughCredits as missing:
            lacking = int(missing.details["needed"]) - int(missing.details["balance"])
            filled.wrong("act", missing_credits(visitor, lacking))
        await self._show(req, resp, visitor, campaign_id, filled)

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int, filled: Filled
    ) -> None:
        try:
            async with self._shell.reading() as tx:
                found = await draft.show(tx, visitor.company_id, campaign_id)
                figures = await result.result(tx, visitor.company_id, campaign_id)
                cost = await prepare.cost(tx, found, now=self._shell.clock())
                names_of = {one.id: one.name for one in await lists.show_lists(tx, visitor.company_id)}
                pasted = len(await draft.numbers(tx, visitor.company_id, campaign_id))
        except NotFound:
            raise falcon.HTTPNotFound from None
        plan = found.plan
        left = found.last_place - found.accepted - found.refused
        bar = pictures.bar(
            visitor.locale.gettext("Campaigns"),
            visitor.locale.gettext(
                "{accepted} accepted, {refused} not written to, {left} still to go",
                accepted=found.accepted,
                refused=found.refused,
                left=left,
            ),
            [("good", found.accepted), ("bad", found.refused)],
            found.last_place,
        )
        shares = []
        if cost.shares:
            names = {c.id: c.name for c in (await self._shell.platform.directory.routing()).connectors}
            shares = [(names.get(s.connector_id, "—"), s) for s in cost.shares]
        lacking = missing_credits(visitor, -cost.balance_after) if cost.balance_after < 0 else ""
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/campaigns/check.html" if found.state in _BEFORE_LAUNCH else "app/campaigns/one.html",
            filled=filled,
            campaign=found,
            figures=figures,
            cost=cost,
            shares=shares,
            lacking=lacking,
            lists=[names_of[i] for i in plan["lists"] if i in names_of],
            without=[names_of[i] for i in plan["without"] if i in names_of],
            numbers=pasted,
            expected=(found.preparing or {}).get("expected"),
            plan=Plan.read(plan),
            hours=hours_text(Plan.read(plan)),
            states=STATES,
            reasons=REASONS,
            bar=bar,
            pause=pause_of(found.why) if found.state == "paused" else None,
        )


class CampaignCancel:
    """`/app/campaigns/{id}/cancel`: asks once, where no dialog could."""

    access = Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the question."""
        try:
            async with self._shell.reading() as tx:
                found = await draft.show(tx, visitor.company_id, campaign_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        await self._shell.show(req, resp, visitor, "app/campaigns/cancel.html", campaign=found)

    on_head = on_get


def missing_credits(visitor: Visitor, lacking: int) -> str:
    """Say how many credits are missing, and what to do."""
    return visitor.locale.ngettext(
        "{n} credit is missing. Buy some, or remove recipients.",
        "{n} credits are missing. Buy some, or remove recipients.",
        lacking,
    )


async def prepared(shell: Shell, tx: Tx, visitor: Visitor, campaign_id: int) -> None:
    """Have a campaign's recipients counted, at once or in the background."""
    if visitor.company is None:
        raise falcon.HTTPNotFound
    routes = (await shell.platform.directory.routing()).table
    limits = Limits(segments=shell.platform.settings.message_segments_limit)
    ways_out = links(shell.platform.settings)
    await prepare.prepare(tx, visitor.company, campaign_id, routes=routes, limits=limits, links=ways_out)
