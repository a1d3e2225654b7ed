"""One person: what is known, their lists, whether they may be written to and why not, and what was written."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import falcon
import falcon.asgi

from smsflow.domain import phone
from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.domain.contact import MAX_ATTRIBUTES, attributes_of, is_name
from smsflow.domain.message import public_id
from smsflow.errors import NotFound, NumberInvalid, ParameterInvalid
from smsflow.services import audit, inbound
from smsflow.services.contacts import contacts, lists, optouts
from smsflow.services.contacts.contacts import Contact
from smsflow.services.messages import log
from smsflow.services.messages.log import LogFilter
from smsflow.web.console.shell.forms import Act, Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import SOURCES, STATUSES
from smsflow.web.http.request import Request

_LATEST = 10
_MOST_REASON = 200
_LONGEST_LIST = 100


class ContactPage:
    """`/app/contacts/{number}`: a contact, or a number whose opt-out is kept."""

    access, posts = Right.SEE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, number: str) -> None:
        """Show the page."""
        await self._show(req, resp, visitor, _e164(visitor, number), await self._shell.kept(req, visitor))

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, number: str) -> None:
        """Change what is known or the lists, opt the person out or in, or delete the contact; an opt-out stays."""
        filled, e164, _ = await self._shell.form(req, visitor), _e164(visitor, number), visitor.locale.gettext
        company, contact = await self._found(visitor, e164)
        try:
            if filled["act"] == "delete":
                async with self._shell.act(visitor, filled, "/app/contacts?done=1") as act:
                    await contacts.delete(act.tx, company, e164)
                    await audit.record(act.tx, visitor.actor, "contact deleted", e164, now=self._shell.clock())
            elif filled["act"] == "opt-out" or filled["act"] == "opt-in":
                async with self._act(visitor, filled, e164) as act:
                    await self._opt(act, visitor, filled, e164)
            elif contact is not None:
                changes = _changes(filled, contact) if filled["act"] == "known" else {}
                async with self._act(visitor, filled, e164) as act:
                    await self._change(act, visitor, company, contact, filled=filled, changes=changes)
        except NotFound:
            raise falcon.HTTPNotFound from None
        except ParameterInvalid as refused:
            if refused.details.get("parameter") == "list":
                filled.wrong("list", _("Choose a list that is filled by hand, or write a new name."))
            else:
                filled.wrong("new_name", _("A name has 1 to 40 of a-z, 0-9 and _; a value has at most 500 characters."))
        await self._show(req, resp, visitor, e164, filled)

    def _act(self, visitor: Visitor, filled: Filled, e164: str) -> AbstractAsyncContextManager[Act]:
        return self._shell.act(visitor, filled, f"/app/contacts/{e164.lstrip('+')}?done=1")

    async def _opt(self, act: Act, visitor: Visitor, filled: Filled, e164: str) -> None:
        now, reason = self._shell.clock(), filled["reason"][:_MOST_REASON]
        by: dict[str, Any] = {"source": "manual", "author": visitor.person.username, "reason": reason, "now": now}
        if filled["act"] == "opt-in":
            await optouts.opt_in(act.tx, visitor.company_id, [e164], **by)
            await audit.record(act.tx, visitor.actor, "opt-out removed", e164, now=now)
        else:
            scope = "all" if filled["scope"] == "all" else "marketing"
            await optouts.opt_out(act.tx, visitor.company_id, [e164], scope=scope, **by)
            await audit.record(act.tx, visitor.actor, "opted out", e164, after={"scope": scope}, now=now)

    async def _change(
        self,
        act: Act,
        visitor: Visitor,
        company: Company,
        contact: Contact,
        *,
        filled: Filled,
        changes: Mapping[str, str | None],
    ) -> None:
        now, what = self._shell.clock(), filled["act"]
        if what == "known" and changes:
            await contacts.put(act.tx, company, contact.number, changes, source="manual", now=now)
            before = {name: contact.attributes.get(name) for name in changes}
            await audit.record(
                act.tx, visitor.actor, "contact written", contact.number, before=before, after=dict(changes), now=now
            )
        elif what == "put" and (name := filled["new_list"] or filled["list"]):
            if len(name) > _LONGEST_LIST or not name.isprintable():
                raise ParameterInvalid(parameter="list", expected="a name of one line")
            await lists.put_in(act.tx, company.id, contact.id, name, now=now)
            await audit.record(act.tx, visitor.actor, "put into list", contact.number, after={"list": name}, now=now)
        elif what == "take" and filled["list"].isascii() and filled["list"].isdigit() and len(filled["list"]) < 19:
            await lists.take_out(act.tx, company.id, contact.id, int(filled["list"]))
            await audit.record(
                act.tx, visitor.actor, "taken out of list", contact.number, after={"list": filled["list"]}, now=now
            )

    async def _found(self, visitor: Visitor, e164: str) -> tuple[Company, Contact | None]:
        """Return the contact; one that is gone is known by the history of its opt-out alone. Raises HTTPNotFound."""
        if visitor.company is None:
            raise falcon.HTTPNotFound
        async with self._shell.reading() as tx:
            try:
                return visitor.company, await contacts.find(tx, visitor.company, e164)
            except NotFound:
                if not await optouts.history(tx, visitor.company_id, e164):
                    raise falcon.HTTPNotFound from None
        return visitor.company, None

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, e164: str, filled: Filled
    ) -> None:
        company, contact = await self._found(visitor, e164)
        digits = e164.lstrip("+")
        async with self._shell.reading() as tx:
            known = await lists.show_lists(tx, company.id)
            inside = set() if contact is None else await lists.of_contact(tx, company.id, contact.id)
            sent = await log.page(tx, company.id, LogFilter(number=digits), before=None, limit=_LATEST)
            received = []
            if visitor.may(Right.SEE_INBOX):
                received = (
                    await inbound.of_company(tx, company.id, before=None, limit=_LATEST, ending=digits)
                ).received
            scopes = await optouts.scopes(tx, company.id, [e164])
            history = await optouts.history(tx, company.id, e164)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/contacts/one.html",
            filled=filled,
            number=e164,
            contact=contact,
            scope=scopes.get(e164),
            history=history,
            sources=SOURCES,
            inside=[one for one in known if one.id in inside],
            outside=[one for one in known if one.id not in inside and one.rules is None],
            messages=sent.messages,
            received=received,
            sees_texts=visitor.may(Right.SEE_TEXTS),
            statuses=STATUSES,
            public_id=public_id,
            most_attributes=MAX_ATTRIBUTES,
        )


def _changes(filled: Filled, contact: Contact) -> dict[str, str | None]:
    """Return the attributes that the form changes, None for one that it empties; raise ParameterInvalid."""
    changes: dict[str, str | None] = {}
    for name in contact.attributes:
        written = filled.values.get(f"known-{name}")
        if written is not None and written.strip() != contact.attributes[name]:
            changes[name] = written.strip() or None
    if filled["new_name"] or filled["new_value"]:
        name = filled["new_name"].lower().replace(" ", "_")
        if not is_name(name):
            raise ParameterInvalid(parameter="new_name", expected="a name of a-z, 0-9 and _")
        changes[name] = filled["new_value"] or None
    after = {**contact.attributes, **changes}
    attributes_of({name: value for name, value in after.items() if value is not None})
    return changes


def _e164(visitor: Visitor, number: str) -> str:
    """Return the number of an address; raise HTTPNotFound for what is none."""
    try:
        return phone.parse(f"+{number}", country=visitor.company.country if visitor.company else "").e164
    except NumberInvalid:
        raise falcon.HTTPNotFound from None
