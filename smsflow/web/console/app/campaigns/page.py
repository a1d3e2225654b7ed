"""Campaigns: all of them, and one as it is checked, launched, watched, paused and cancelled."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.errors import ApprovalNeeded, NotFound, Refused
from smsflow.runtime import links, mail
from smsflow.services import audit
from smsflow.services.campaigns import again, approval, draft, launch, letters, trial
from smsflow.services.messages.prepare import Limits
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.app.campaigns.counting import prepared
from smsflow.web.console.app.campaigns.showing import refusal, show
from smsflow.web.console.shell.forms import Act
from smsflow.web.console.shell.guard import RightMissing
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import Columns, asked_order
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import CAMPAIGNS
from smsflow.web.http.request import Request

_ACTS: Final[Mapping[str, Callable[..., Awaitable[object]]]] = {
    "pause": launch.pause,
    "resume": launch.resume,
    "cancel": launch.cancel,
}
_RECORDED = {
    "prepare": "campaign counted",
    "launch": "campaign launched",
    "submit": "campaign submitted",
    "pause": "campaign paused",
    "resume": "campaign resumed",
    "cancel": "campaign cancelled",
    "duplicate": "campaign duplicated",
    "test": "campaign tried",
}

_COLUMNS: Final[Columns[draft.Campaign]] = {
    "name": lambda c: c.name,
    "recipients": lambda c: None if c.state == "draft" else c.last_place,
    "accepted": lambda c: c.accepted,
    "credits": lambda c: c.used if c.launched_at else c.segments,
    "when": lambda c: c.starts_at or c.launched_at or c.created_at,
}


class Campaigns:
    """`/app/campaigns`."""

    access = Right.SEE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        async with self._shell.reading() as tx:
            found = await draft.latest(tx, visitor.company_id, limit=draft.SHOWN)
        # The newest ones, where they are not all, would be the first of no other order.
        order = asked_order(req, _COLUMNS if len(found) < draft.SHOWN else {})
        await self._shell.show(
            req, resp, visitor, "app/campaigns/page.html", campaigns=order.sort(found), order=order, states=CAMPAIGNS
        )

    on_head = on_get


class CampaignPage:
    """`/app/campaigns/{id}`: what it costs before it is launched, what it has come to afterwards."""

    access, posts = Right.SEE_CAMPAIGNS, Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Show the page."""
        await show(self._shell, req, resp, visitor, campaign_id, filled=await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int) -> None:
        """Launch or submit it, pause, resume or cancel it."""
        filled, now = await self._shell.form(req, visitor), self._shell.clock()
        act = filled["act"]
        if act not in _RECORDED:
            raise falcon.HTTPNotFound
        try:
            async with self._shell.act(visitor, filled, f"/app/campaigns/{campaign_id}?done={act}") as doing:
                await self._act(act, doing, visitor, campaign_id, numbers=filled.raw("numbers"))
                await audit.record(doing.tx, visitor.actor, _RECORDED[act], str(campaign_id), now=now)
        except NotFound:
            raise falcon.HTTPNotFound from None
        except Refused as refused:
            filled.wrong("numbers" if act == "test" else "act", refusal(visitor, refused))
        await show(self._shell, req, resp, visitor, campaign_id, filled=filled)

    async def _act(self, act: str, doing: Act, visitor: Visitor, campaign_id: int, *, numbers: str) -> None:
        company, now, tx = visitor.company, self._shell.clock(), doing.tx
        if company is None:
            raise falcon.HTTPNotFound
        if act == "prepare":
            await prepared(self._shell, tx, visitor, campaign_id)
        elif act == "launch":
            approver = visitor.may(Right.APPROVE_CAMPAIGNS)
            try:
                await approval.launch(tx, company, campaign_id, approver=approver, now=now)
            except ApprovalNeeded:
                raise RightMissing(visitor, Right.APPROVE_CAMPAIGNS) from None
        elif act == "submit":
            await approval.submit(tx, company.id, campaign_id, author=visitor.person.username, now=now)
            post = mail(self._shell.platform)
            await letters.ask(tx, company, campaign_id, author=visitor.person.name, mail=post, now=now)
        elif act == "duplicate":
            made = await again.duplicate(tx, company.id, campaign_id, now=now)
            await approval.note_author(tx, company.id, made, visitor.person.username)
            doing.location = f"/app/campaigns/{made}/edit"
        elif act == "test":
            await self._test(tx, company, campaign_id, numbers)
        else:
            await _ACTS[act](tx, company.id, campaign_id, now=now)

    async def _test(self, tx: Tx, company: Company, campaign_id: int, typed: str) -> None:
        """Send the SMS of the first recipient to a few numbers of one's own."""
        platform, now = self._shell.platform, self._shell.clock()
        limits = Limits(platform.settings.message_segments_limit, timedelta(hours=platform.settings.validity_hours))
        await trial.send_test(
            tx,
            company,
            campaign_id,
            [n.strip() for n in re.split(r"[\n,;]", typed) if n.strip()],
            routes=(await platform.directory.routing()).table,
            limits=limits,
            links=links(platform.settings),
            fingerprint=platform.vault.fingerprint,
            now=now,
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
