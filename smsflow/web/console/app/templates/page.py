"""Templates: all of them, and one as it is written, changed, deleted, or made the text of the company's codes."""

from typing import Final

import falcon
import falcon.asgi

from smsflow.domain.access import Right
from smsflow.domain.account import Company
from smsflow.errors import AlreadyExists, MessageTooLong, NotFound, ParameterInvalid
from smsflow.services import audit, templates
from smsflow.services.accounts import companies
from smsflow.services.templates import StoredTemplate, WrittenTemplate
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.guard import RightMissing
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.sorting import Columns, asked_order
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import PURPOSES
from smsflow.web.http.request import Request

_COLUMNS: Final[Columns[StoredTemplate]] = {
    "name": lambda t: t.name,
    "changed": lambda t: t.updated_at,
}


class Templates:
    """`/app/templates`."""

    access = Right.SEE_TEMPLATES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Show the page."""
        async with self._shell.reading() as tx:
            found = await templates.show_all(tx, visitor.company_id)
        order = asked_order(req, _COLUMNS)
        await self._shell.show(
            req, resp, visitor, "app/templates/page.html", templates=order.sort(found), order=order, purposes=PURPOSES
        )

    on_head = on_get


class TemplatePage:
    """`/app/templates/{id}`."""

    access, posts = Right.SEE_TEMPLATES, Right.WRITE_TEMPLATES

    def __init__(self, shell: Shell) -> None:
        """Show the shell's platform."""
        self._shell = shell

    async def on_get(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, template_id: int | None = None
    ) -> None:
        """Show the form; to somebody who may not write, the text."""
        filled = await self._shell.kept(req, visitor)
        await self._show(req, resp, visitor, filled, template_id)

    on_head = on_get

    async def on_post(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, template_id: int | None = None
    ) -> None:
        """Keep what was written, delete it, or use it for codes."""
        filled, company = await self._shell.form(req, visitor), visitor.company
        if company is None:
            raise falcon.HTTPNotFound
        if filled["act"] == "codes" and not visitor.may(Right.ADMINISTER):
            raise RightMissing(visitor, Right.ADMINISTER)
        try:
            async with self._shell.act(visitor, filled, f"/app/templates?done={filled['act'] or 'save'}") as act:
                recorded, subject = await self._do(act.tx, company, filled, template_id)
                await audit.record(act.tx, visitor.actor, recorded, subject, now=self._shell.clock())
        except NotFound:
            raise falcon.HTTPNotFound from None
        except (AlreadyExists, MessageTooLong, ParameterInvalid) as refused:
            _wrong(filled, visitor, refused)
        await self._show(req, resp, visitor, filled, template_id)

    async def _do(self, tx: Tx, company: Company, filled: Filled, template_id: int | None) -> tuple[str, str]:
        """Do what the form asks for; return what is recorded of it, and of which template."""
        most, now = self._shell.platform.settings.message_segments_limit, self._shell.clock()
        if template_id is not None and filled["act"] in {"delete", "codes"}:
            found = await templates.show(tx, company.id, template_id)
            if filled["act"] == "delete":
                await templates.remove(tx, company.id, template_id)
                return "template deleted", found.name
            if found.purpose != templates.CODE:
                raise falcon.HTTPNotFound
            await companies.change(tx, company.id, {"code_template": found.text}, most_segments=most)
            return "text of codes changed", found.name
        wanted = WrittenTemplate(filled["name"], filled["purpose"], filled.raw("text").replace("\r\n", "\n").strip())
        if template_id is None:
            await templates.add(tx, company, wanted, most_segments=most, now=now)
            return "template added", wanted.name
        await templates.change(tx, company, template_id, wanted, most_segments=most, now=now)
        return "template changed", wanted.name

    async def _show(
        self, req: Request, resp: falcon.asgi.Response, visitor: Visitor, filled: Filled, template_id: int | None
    ) -> None:
        found = None
        if template_id is not None:
            try:
                async with self._shell.reading() as tx:
                    found = await templates.show(tx, visitor.company_id, template_id)
            except NotFound:
                raise falcon.HTTPNotFound from None
        await self._shell.show(
            req, resp, visitor, "app/templates/one.html", filled=filled, known=found, purposes=PURPOSES
        )


class TemplateNew(TemplatePage):
    """`/app/templates/new`."""

    access = Right.WRITE_TEMPLATES


def _wrong(filled: Filled, visitor: Visitor, refused: AlreadyExists | MessageTooLong | ParameterInvalid) -> None:
    _ = visitor.locale.gettext
    if isinstance(refused, AlreadyExists):
        filled.wrong("name", _("You have a template of this name. Choose another one."))
    elif isinstance(refused, MessageTooLong):
        filled.wrong("text", _("The message is too long. Shorten it."))
    elif refused.details["parameter"] == "name":
        filled.wrong("name", _("Give the template a name of 1 to {most} characters.", most=templates.LONGEST_NAME))
    elif refused.details["parameter"] == "purpose":
        filled.wrong("purpose", _("Choose campaigns or codes."))
    elif not filled["text"]:
        filled.wrong("text", _("Write the message."))
    elif filled["purpose"] == templates.CODE:
        filled.wrong("text", _("Write {code} where the code has to stand.", code="{code}"))
    else:
        filled.wrong("text", _("Write variables as {prenom} or {prenom|cher client}, and a brace that is none twice."))
