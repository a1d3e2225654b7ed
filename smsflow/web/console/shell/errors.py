"""The error pages of the console: in the visitor's language, each saying what to do."""

from typing import Any, Final

import falcon
import falcon.asgi
from markupsafe import Markup

from smsflow.domain.access import Role
from smsflow.services.accounts import people
from smsflow.web.console.shell.forms import TokenMissing
from smsflow.web.console.shell.guard import ForeignForm, Guard, RightMissing, SignInNeeded, who_has
from smsflow.web.console.shell.locale import Locale, own
from smsflow.web.console.shell.roles import role_name
from smsflow.web.console.shell.shell import Shell, bare, page
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.application import App
from smsflow.web.look.pages import language

# As many administrators a page names.
_NAMED: Final = 3


def install(app: App, guard: Guard, shell: Shell) -> None:
    """Have `app` answer the console's own refusals by its own pages."""

    async def on_right_missing(req: Any, resp: falcon.asgi.Response, missing: RightMissing, _params: Any) -> None:
        visitor = missing.visitor
        locale, _ = visitor.locale, visitor.locale.gettext
        text = _(
            "Your role, {role}, does not allow this: it takes {roles}.",
            role=role_name(locale, visitor.person.role),
            roles=_either(locale, [role_name(locale, role) for role in who_has(missing.right)]),
        )
        names = await _administrators(shell, visitor)
        ask = _("Ask {names}.", names=_either(locale, names)) if names else _("Ask an administrator of your company.")
        await _show(shell, req, resp, visitor, 403, title=_("Not allowed"), text=text, ask=ask)

    async def on_foreign(req: Any, resp: falcon.asgi.Response, _error: Exception, _params: Any) -> None:
        locale = Locale(language(req.get_header("Accept-Language") or ""))
        text = locale.gettext("This form did not come from a page of your session. Open the page again, then send it.")
        _answer(resp, locale, 403, title=locale.gettext("Not allowed"), text=text, back="/app")

    async def on_not_found(req: Any, resp: falcon.asgi.Response, _error: Exception, _params: Any) -> None:
        visitor = await guard.visitor(req)
        locale = visitor.locale if visitor else Locale(language(req.get_header("Accept-Language") or ""))
        title, text = locale.gettext("Page not found"), locale.gettext("This page does not exist.")
        if visitor is None:
            _answer(resp, locale, 404, title=title, text=text, back="/")
        else:
            if visitor.company is not None:
                text = locale.gettext(
                    "This page does not exist, or is not your company's. Search for a number, an SMS or a campaign."
                )
            await _show(shell, req, resp, visitor, 404, title=title, text=text, ask="")

    async def on_sign_in(_req: Any, resp: falcon.asgi.Response, needed: SignInNeeded, _params: Any) -> None:
        resp.status = needed.status
        resp.set_headers(needed.headers or {})

    app.add_error_handler(RightMissing, on_right_missing)
    app.add_error_handler(ForeignForm, on_foreign)
    app.add_error_handler(TokenMissing, on_foreign)
    app.add_error_handler(falcon.HTTPNotFound, on_not_found)
    app.add_error_handler(SignInNeeded, on_sign_in)


async def _show(
    shell: Shell,
    req: Any,
    resp: falcon.asgi.Response,
    visitor: Visitor,
    status: int,
    *,
    title: str,
    text: str,
    ask: str,
) -> None:
    """Answer a refusal as a page of the shell: the way on is beside it."""
    await shell.show(req, resp, visitor, "refused.html", title=title, text=text, ask=ask, searched=status == 404)
    resp.status_code = status


async def _administrators(shell: Shell, visitor: Visitor) -> list[str]:
    """Return the names of those who give rights in the visitor's company, as they are marked in a sentence."""
    if visitor.company is None:
        return []
    async with shell.reading() as tx:
        found = await people.of_company(tx, visitor.company.id)
    active = [one.person for one in found if one.person.role is Role.ADMIN and not one.disabled]
    return [own(person.name) for person in active[:_NAMED]]


def _either(locale: Locale, names: list[str]) -> str:
    """Return names as a sentence has them: `a, b or c`."""
    if len(names) < 2:
        return names[0] if names else ""
    return locale.gettext("{some} or {last}", some=Markup(", ").join(names[:-1]), last=names[-1])


def _answer(resp: falcon.asgi.Response, locale: Locale, status: int, *, title: str, text: str, back: str) -> None:
    html = bare("error.html", locale, title=title, text=text, back=back)
    resp.status_code = status
    page(resp, html, locale.language)
