"""`/apiv2/sms/`: sending an SMS, now or at a date, and following it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import falcon.asgi

from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.errors import DateOutOfRange, NotFound
from smsflow.services.messages import reading
from smsflow.services.messages.prepare import Order, prepare
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.door import Door
from smsflow.web.http import forms
from smsflow.web.http.access import Access
from smsflow.web.http.request import Request


class Sms:
    """One SMS, or the last ones."""

    access = Access.SENDING

    def __init__(self, door: Door) -> None:
        """Send through `door`."""
        self._door = door

    async def on_post(self, req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Accept an SMS: stored, charged, and it will leave."""
        door = self._door
        fields = await forms.read(req, door.body_limit, numbers=wire.NUMBERS)
        campaign_id, kind = None, Kind.TRANSACTIONAL
        if "campagn_id" in fields or "campaign_id" in fields:
            campaign_id, kind = await self._campaign(company, fields)
        order = _order(fields, campaign_id, kind)
        ways = await door.platform.directory.routing()
        message = prepare(order, company=company, routes=ways.table, now=door.clock(), limits=door.limits)
        # Before the message is charged, so that nothing can fail after.
        planned_date = wire.date(message.due_at, company.timezone) if message.due_at else ""
        message_id = await door.intake.submit(message)
        resp.data = wire.send_reply(message_id, message.segments, planned_date)

    async def on_get(self, req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Answer one SMS of the company by its id, or the last ones."""
        public = req.get_param("id")
        campaign_id, _ = (None, None) if public else await self._campaign(company, req.params)
        async with self._door.platform.database.autocommit() as tx:
            if public:
                shown = [await reading.find(tx, company.id, public)]
            else:
                shown = await reading.latest(tx, company.id, campaign_id=campaign_id, limit=wire.LIST_LIMIT)
        resp.data = wire.sms_reply(shown, company.timezone)

    on_head = on_get

    async def _campaign(self, company: Company, fields: Mapping[str, Any]) -> tuple[int | None, Kind]:
        # The published name is misspelt, and programs that spell it right mean the same.
        name = "campagn_id" if fields.get("campagn_id") else "campaign_id"
        campaign_id = forms.digits(fields.get(name), name, expected="a whole number")
        if campaign_id is None:
            return None, Kind.TRANSACTIONAL
        kind = await self._door.platform.directory.campaign_kind(company.id, campaign_id)
        if kind is None:
            raise NotFound(what="campaign", id=campaign_id)
        return campaign_id, kind


def _order(fields: forms.Fields, campaign_id: int | None, kind: Kind) -> Order:
    seconds = forms.digits(fields.get("planned_date"), "planned_date", expected="a Unix time")
    sender = forms.optional(fields, "sender_id", numeric=True)
    return Order(
        forms.mandatory(fields, "number", numeric=True),
        forms.mandatory(fields, "message"),
        sender=(sender.strip() or None) if sender else None,
        campaign_id=campaign_id,
        planned_at=None if seconds is None else _moment(seconds),
        kind=kind,
    )


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        # Mostly milliseconds: a year that no calendar has.
        raise DateOutOfRange(parameter="planned_date") from None
