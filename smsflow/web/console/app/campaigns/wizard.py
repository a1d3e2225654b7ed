"""A new campaign in three steps, then the page that checks it; a draft is changed by the same steps."""

from datetime import datetime, timedelta

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.domain.campaign import ACTS
from smsflow.domain.schedule import Plan
from smsflow.errors import (
    AlreadyExists,
    HoursNeverOpen,
    ListGone,
    NotFound,
    Refused,
    SenderNotAllowed,
    StateRefused,
    StopMissing,
)
from smsflow.services import audit, templates
from smsflow.services.campaigns import draft
from smsflow.services.contacts import lists
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.app.campaigns.counting import prepared
from smsflow.web.console.app.campaigns.words import HOURS_NEVER_OPEN, hours_text
from smsflow.web.console.app.campaigns.writing import (
    check_message,
    check_recipients,
    check_sending,
    draft_of,
    numbers_of,
)
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import STOP_DEMANDED
from smsflow.web.http.request import Request

_EDITABLE = ACTS["edit"]
# The fields of each step; those of the other steps travel along, hidden.
_STEPS = {
    1: ("name", "lists", "without", "numbers", "again"),
    2: ("text", "sender", "kind"),
    3: ("when", "at", "per_minute", "over_hours", "hours", "outside", "validity_hours"),
}
_PLACES = {"1", "2", "3", "4"}


class CampaignNew:
    """`/app/campaigns/new`, and `/app/campaigns/{id}/edit`."""

    access = Right.WRITE_CAMPAIGNS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int | None = None
    ) -> None:
        """Show a step, the first unless another one is asked for."""
        filled = await self._shell.kept(req, visitor)
        if campaign_id is not None:
            written = await self._written(visitor, campaign_id)
            filled = filled if filled.values else written
        elif not filled.lists:
            filled.lists = {"lists": req.get_param_as_list("list") or []}
        step = _step(filled["step"] or req.get_param("step"))
        await self._show(req, resp, visitor, filled, step=step, campaign_id=campaign_id)

    on_head = on_get

    async def on_post(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, campaign_id: int | None = None
    ) -> None:
        """Go to another step, the draft kept each time; behind the last step, have it counted."""
        filled, company = await self._shell.form(req, visitor), visitor.company
        if company is None:
            raise falcon.HTTPNotFound
        state = ""
        if campaign_id is not None:
            async with self._shell.reading() as tx:
                state = (await self._editable(tx, visitor, campaign_id)).state
        step = _step(filled["step"])
        if filled["go"] == "template":
            await self._take_template(visitor, filled)
        else:
            to = int(filled["go"]) if filled["go"] in _PLACES else step + 1
            if to > step:
                self._check(filled, visitor, company, up_to=to - 1)
            # Errors of another step travel along; the way back changes no campaign that is planned or counted.
            if filled.ok and self._is_storable(filled, visitor, company) and (to > step or state == "draft"):
                await self._store(visitor, company, filled, campaign_id, to=to)
            if to <= step:
                filled.errors.clear()
            wrong = next(iter(filled.errors), "")
            step = next((s for s, fields in _STEPS.items() if wrong in fields), step if wrong else to)
        await self._show(req, resp, visitor, filled, step=step, campaign_id=campaign_id)

    async def _take_template(self, visitor: Visitor, filled: Filled) -> None:
        """Put a template's text into the form."""
        chosen = filled["template"]
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
            try:
                async with self._shell.reading() as tx:
                    filled.values["text"] = (await templates.show(tx, visitor.company_id, int(chosen))).text
            except NotFound:
                return

    def _check(self, filled: Filled, visitor: Visitor, company: Company, *, up_to: int) -> None:
        check_recipients(filled, visitor, company)
        if up_to > 1:
            check_message(filled, visitor, company)
        if up_to > 2:
            check_sending(filled, visitor)
            starts_at = visitor.locale.read_time(filled["at"])
            if filled["when"] == "later" and starts_at is not None and starts_at < self._shell.clock():
                filled.wrong("at", visitor.locale.gettext("This date is past. Choose a date from now on."))

    def _is_storable(self, filled: Filled, visitor: Visitor, company: Company) -> bool:
        """Tell whether nothing that was typed is wrong, on any step; the message may be missing."""
        probe = Filled(filled.values, lists=filled.lists)
        self._check(probe, visitor, company, up_to=len(_STEPS))
        if not filled["text"]:
            probe.errors.pop("text", None)
        return probe.ok

    async def _store(
        self, visitor: Visitor, company: Company, filled: Filled, campaign_id: int | None, *, to: int
    ) -> None:
        """Keep the draft and lead on; a refusal is noted at its field."""
        shell, now, _ = self._shell, self._shell.clock(), visitor.locale.gettext
        wanted, author = draft_of(filled, visitor, company), visitor.person.username
        try:
            async with shell.act(visitor, filled, "/app/campaigns") as act:
                if campaign_id is None:
                    stored = await draft.draft(act.tx, company, wanted, author=author, now=now)
                else:
                    stored = campaign_id
                    await draft.edit(act.tx, company, campaign_id, wanted, author=author, now=now)
                if to in _STEPS:
                    act.location = f"/app/campaigns/{stored}/edit?step={to}"
                else:
                    act.location = f"/app/campaigns/{stored}"
                    await prepared(shell, act.tx, visitor, stored)
                await audit.record(act.tx, visitor.actor, "campaign written", str(stored), now=now)
        except AlreadyExists:
            filled.wrong("name", _("You have a campaign of this name. Choose another one."))
        except StateRefused:
            raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}") from None
        except NotFound as missing:
            if missing.details["what"] == "campaign":
                raise falcon.HTTPNotFound from None
            filled.wrong("lists", _("One of these lists is gone. Choose the lists again."))
        except SenderNotAllowed:
            none = not any(s.state == "approved" for s in company.senders)
            sentence = _("No sender is approved yet. Ask for one first.") if none else ""
            filled.wrong("sender", sentence or _("This sender is not approved. Choose another one."))
        except StopMissing:
            filled.wrong("text", _(STOP_DEMANDED))
        except ListGone:
            filled.wrong("lists", _("One of these lists is gone. Choose the lists again."))
        except HoursNeverOpen as never:
            filled.wrong("hours", _(HOURS_NEVER_OPEN, **never.details))
        except Refused as refused:
            field = "at" if refused.details.get("parameter") == "at" else "text"
            filled.wrong(field, _("This cannot be sent. Look at the text and at the date."))

    async def _editable(self, tx: Tx, visitor: Visitor, campaign_id: int) -> draft.Campaign:
        """Return a campaign that can still be changed; lead to its page where it has begun."""
        try:
            found = await draft.show(tx, visitor.company_id, campaign_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        if found.state not in _EDITABLE:
            raise falcon.HTTPSeeOther(f"/app/campaigns/{campaign_id}")
        return found

    async def _written(self, visitor: Visitor, campaign_id: int) -> Filled:
        """Return a draft as its author typed it."""
        async with self._shell.reading() as tx:
            found = await self._editable(tx, visitor, campaign_id)
            numbers = await draft.numbers(tx, visitor.company_id, campaign_id)
            names = {one.id: one.name for one in await lists.show_lists(tx, visitor.company_id)}
        plan = Plan.read(found.plan)
        at = "" if found.starts_at is None else visitor.locale.local(found.starts_at).strftime("%d/%m/%Y %H:%M")
        return Filled(
            {
                "name": found.name,
                "numbers": "\n".join(numbers),
                "again": str(found.plan.get("again") or ""),
                "text": found.text,
                "sender": found.sender or "",
                "kind": found.kind.name.lower(),
                "when": "later" if at else "now",
                # Without a date, the form offers one.
                **({"at": at} if at else {}),
                "per_minute": str(plan.per_minute or ""),
                "over_hours": f"{plan.over_hours:g}" if plan.over_hours else "",
                "hours": hours_text(plan),
                "outside": plan.outside,
                "validity_hours": f"{plan.validity_seconds / 3600:g}" if plan.validity_seconds else "",
            },
            lists={
                "lists": [names[i] for i in found.plan["lists"] if i in names],
                "without": [names[i] for i in found.plan["without"] if i in names],
            },
        )

    async def _show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        visitor: Visitor,
        filled: Filled,
        *,
        step: int,
        campaign_id: int | None,
    ) -> None:
        try:
            async with self._shell.reading() as tx:
                known = await lists.show_lists(tx, visitor.company_id)
                texts = [t for t in await templates.show_all(tx, visitor.company_id) if t.purpose == templates.CAMPAIGN]
                state = "" if campaign_id is None else (await draft.show(tx, visitor.company_id, campaign_id)).state
        except NotFound:
            raise falcon.HTTPNotFound from None
        chosen = set(filled.every("lists"))
        senders = [s for s in (visitor.company.senders if visitor.company else ()) if s.state == "approved"]
        carried = [
            (name, value)
            for place, fields in _STEPS.items()
            if place != step
            for name in fields
            for value in filled.every(name)
        ]
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/campaigns/wizard.html",
            filled=filled,
            step=step,
            address=req.path,
            campaign_id=campaign_id,
            lists=known,
            templates=texts,
            state=state,
            recipients=sum(one.contacts for one in known if one.name in chosen) + len(numbers_of(filled)),
            senders=senders,
            sender_name=found.name
            if visitor.company and (found := visitor.company.sender(filled["sender"] or None))
            else "",
            carried=carried,
            reached=_reached(filled),
            nine=_tomorrow_at_nine(visitor, self._shell.clock()),
        )


def _tomorrow_at_nine(visitor: Visitor, now: datetime) -> datetime:
    """Return the moment that the form offers to whoever plans."""
    tomorrow = visitor.locale.local(now) + timedelta(days=1)
    return tomorrow.replace(hour=9, minute=0)


def _reached(filled: Filled) -> int:
    """Return the last step that the way leads to: each step is open when those before it have what they need."""
    if not filled["name"] or not (filled.every("lists") or numbers_of(filled) or filled["again"]):
        return 1
    return len(_PLACES) if filled["text"] else 2


def _step(written: str | None) -> int:
    return int(written) if written in {"1", "2", "3"} else 1
