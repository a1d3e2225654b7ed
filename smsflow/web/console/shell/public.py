"""Pages that need no session: a form from this site, and an answer in the browser's language."""

from typing import Any

import falcon.asgi

from smsflow.web.console.shell.forms import Filled
from smsflow.web.console.shell.guard import check_origin
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.shell import bare, page
from smsflow.web.http.forms import optional
from smsflow.web.http.forms import read as read_fields
from smsflow.web.http.request import Request
from smsflow.web.look.pages import language

_LIMIT = 65_536


def locale_of(req: Request) -> Locale:
    """Return the locale that the browser asks for."""
    return Locale(language(req.get_header("Accept-Language") or ""))


async def form(req: Request, *names: str) -> Filled:
    """Return what was typed into these fields of a form of this site."""
    check_origin(req)
    fields = await read_fields(req, _LIMIT)
    return Filled({name: optional(fields, name) or "" for name in names})


def show(req: Request, resp: falcon.asgi.Response, template: str, *, filled: Filled, **values: Any) -> None:
    """Answer a page; one whose form came back with errors is a 422."""
    locale = locale_of(req)
    resp.status_code = 200 if filled.ok else 422
    page(resp, bare(template, locale, filled=filled, **values), locale.language)


def no_more(req: Request, resp: falcon.asgi.Response) -> None:
    """Answer that a link does not work: used, withdrawn, over, or never made; the answer is the same."""
    locale = locale_of(req)
    html = bare(
        "error.html",
        locale,
        title=locale.gettext("This link does not work"),
        text=locale.gettext("It was used, or its time is over. Ask whoever sent it to you for another one."),
        back="/sign-in",
    )
    resp.status_code = 404
    page(resp, html, locale.language)
