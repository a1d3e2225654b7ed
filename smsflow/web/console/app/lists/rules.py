"""A list by rule: its conditions written, counted, then kept."""

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.selection import MOST_RULES, Rule
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.services import audit
from smsflow.services.contacts import contacts, lists
from smsflow.web.console.app.lists import conditions
from smsflow.web.console.app.lists.conditions import LONGEST_NAME, WORDS
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.request import Request


class ListRules:
    """`/app/lists/new` and `/app/lists/{id}/edit`."""

    access, posts = Right.WRITE_CONTACTS, Right.WRITE_CONTACTS

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, list_id: int | None = None
    ) -> None:
        """Show the page."""
        filled = await self._shell.kept(req, visitor)
        if list_id is not None and not filled.values:
            found = await self._found(visitor, list_id)
            filled = Filled({"name": found.name, **conditions.write(found.rules or ())})
        await self._show(req, resp, visitor, filled, list_id)

    on_head = on_get

    async def on_post(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, list_id: int | None = None
    ) -> None:
        """Add a row, count, or keep the list."""
        filled, _ = await self._shell.form(req, visitor), visitor.locale.gettext
        if list_id is not None:
            await self._found(visitor, list_id)
        if filled["act"] == "more":
            await self._show(req, resp, visitor, filled, list_id, more=True)
            return
        rules, count = conditions.read(filled, visitor.locale), None
        if filled["act"] == "save" and not conditions.named(filled["name"]):
            filled.wrong("name", _("Give the list a name of 1 to {most} characters.", most=LONGEST_NAME))
        if filled.ok and filled["act"] == "save":
            await self._keep(visitor, filled, rules, list_id)
        elif filled.ok:
            async with self._shell.reading() as tx:
                count = await lists.count(tx, visitor.company_id, rules)
        await self._show(req, resp, visitor, filled, list_id, count=count)

    async def _keep(self, visitor: Visitor, filled: Filled, rules: list[Rule], list_id: int | None) -> None:
        now, name = self._shell.clock(), filled["name"]
        try:
            async with self._shell.act(visitor, filled, "/app/lists?done=1") as act:
                if list_id is None:
                    list_id = await lists.add_list(act.tx, visitor.company_id, name, rules=rules, now=now)
                else:
                    await lists.change_list(act.tx, visitor.company_id, list_id, name, rules=rules, now=now)
                act.location = f"/app/lists/{list_id}?done=1"
                written = [f"{r.attribute} {r.operator} {r.written}" for r in rules]
                await audit.record(act.tx, visitor.actor, "list written", name, after={"rules": written}, now=now)
        except AlreadyExists:
            filled.wrong("name", visitor.locale.gettext("You have a list of this name. Choose another one."))
        except (NotFound, ParameterInvalid):
            raise falcon.HTTPNotFound from None

    async def _found(self, visitor: Visitor, list_id: int) -> lists.ContactList:
        try:
            async with self._shell.reading() as tx:
                found = await lists.show_list(tx, visitor.company_id, list_id)
        except NotFound:
            raise falcon.HTTPNotFound from None
        if found.rules is None:
            raise falcon.HTTPSeeOther(f"/app/lists/{list_id}")
        return found

    async def _show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        visitor: Visitor,
        filled: Filled,
        list_id: int | None,
        *,
        more: bool = False,
        count: int | None = None,
    ) -> None:
        async with self._shell.reading() as tx:
            attributes = await contacts.attribute_names(tx, visitor.company_id)
        rows = conditions.rows(filled, more=more)
        await self._shell.show(
            req,
            resp,
            visitor,
            "app/lists/rules.html",
            filled=filled,
            list_id=list_id,
            rows=rows,
            full=len(rows) == MOST_RULES,
            words=WORDS,
            attributes=attributes,
            count=count,
        )
