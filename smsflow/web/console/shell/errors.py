"""The error pages of the console: in the visitor's language, each saying what to do."""

from typing import Any

import falcon
import falcon.asgi

from smsflow.web.console.shell.forms import TokenMissing
from smsflow.web.console.shell.guard import ForeignForm, Guard, RightMissing, SignInNeeded, who_has
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.roles import role_name
from smsflow.web.console.shell.shell import bare, page
from smsflow.web.http.application import App
from smsflow.web.look.pages import language


def install(app: App, guard: Guard) -> None:
    """Have `app` answer the console's own refusals by its own pages."""

    async def on_right_missing(_req: Any, resp: falcon.asgi.Response, missing: RightMissing, _params: Any) -> None:
        visitor = missing.visitor
        roles = " · ".join(role_name(visitor.locale, role) for role in who_has(missing.right))
        text = visitor.locale.gettext(
            "Your role, {role}, does not allow this: it takes {roles}. Ask an administrator of your company.",
            role=role_name(visitor.locale, visitor.person.role),
            roles=roles,
        )
        _answer(resp, visitor.locale, 403, title=visitor.locale.gettext("Not allowed"), text=text, back=visitor.home)

    async def on_foreign(req: Any, resp: falcon.asgi.Response, _error: Exception, _params: Any) -> None:
        locale = Locale(language(req.get_header("Accept-Language") or ""))
        text = locale.gettext("This form did not come from a page of your session. Open the page again, then send it.")
        _answer(resp, locale, 403, title=locale.gettext("Not allowed"), text=text, back="/app")

    async def on_not_found(req: Any, resp: falcon.asgi.Response, _error: Exception, _params: Any) -> None:
        visitor = await guard.visitor(req)
        locale = visitor.locale if visitor else Locale(language(req.get_header("Accept-Language") or ""))
        text = locale.gettext(
            "This page does not exist, or is not your company's. Search for a number, an SMS or a campaign."
        )
        _answer(
            resp, locale, 404, title=locale.gettext("Page not found"), text=text, back=visitor.home if visitor else "/"
        )

    async def on_sign_in(_req: Any, resp: falcon.asgi.Response, needed: SignInNeeded, _params: Any) -> None:
        resp.status = needed.status
        resp.set_headers(needed.headers or {})

    app.add_error_handler(RightMissing, on_right_missing)
    app.add_error_handler(ForeignForm, on_foreign)
    app.add_error_handler(TokenMissing, on_foreign)
    app.add_error_handler(falcon.HTTPNotFound, on_not_found)
    app.add_error_handler(SignInNeeded, on_sign_in)


def _answer(resp: falcon.asgi.Response, locale: Locale, status: int, *, title: str, text: str, back: str) -> None:
    html = bare("error.html", locale, title=title, text=text, back=back)
    resp.status_code = status
    page(resp, html, locale.language)
