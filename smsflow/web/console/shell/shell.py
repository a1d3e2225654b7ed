"""The shell: what every page of the console is put into, and what a page asks of the platform."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cache
from typing import Any

import falcon
import falcon.asgi
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from smsflow.domain.account import Company
from smsflow.runtime import Platform
from smsflow.services import credits
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell import forms
from smsflow.web.console.shell.assets import CONSOLE
from smsflow.web.console.shell.forms import Act, Filled
from smsflow.web.console.shell.live import Live
from smsflow.web.console.shell.locale import Locale, own, phone
from smsflow.web.console.shell.navigation import current, navigation
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.console.shell.words import known
from smsflow.web.http.request import Request
from smsflow.web.look.assets import LOOK
from smsflow.web.look.pages import HEADERS, HTML

_ROOT = "smsflow.web.console"

_HEADERS = {
    **HEADERS,
    # A form of ours says where it comes from; other sites get no referrer.
    "Referrer-Policy": "same-origin",
    # Our own files and forms only: nothing inline, nothing from elsewhere, in nobody's frame.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
}


@cache
def environment() -> Environment:
    """Return the templates of the console: of the shell, and `app/PAGE/page.html` of each page's folder."""
    found = Environment(
        loader=ChoiceLoader([PackageLoader(_ROOT, "shell/templates"), PackageLoader(_ROOT, "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals.update(look=LOOK.url, asset=CONSOLE.url, token_of=forms.token_of)
    found.filters.update(phone=phone, known=known, own=own)
    return found


class Shell:
    """The platform as pages use it."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime], addresses: Collection[str]) -> None:
        """Render pages of `platform`; `addresses` are those of all pages there are."""
        self._addresses = addresses
        self.platform = platform
        self.clock = clock
        self.live = Live(platform, clock)

    def reading(self) -> AbstractAsyncContextManager[Tx]:
        """Open a connection to read by."""
        return self.platform.database.autocommit()

    async def form(self, req: Request, visitor: Visitor) -> Filled:
        """Return what was typed into the posted form."""
        return await forms.read(req, visitor, limit=self.platform.settings.body_limit)

    async def kept(self, req: Request, visitor: Visitor) -> Filled:
        """Return what the visitor had typed on this page before a session ended; empty when there is nothing."""
        return await forms.take_kept(req, self.platform, visitor, now=self.clock())

    def act(self, visitor: Visitor, filled: Filled, location: str) -> AbstractAsyncContextManager[Act]:
        """Do what a form asks for, once, then lead to a location (see `forms.act`)."""
        return forms.act(self.platform, visitor, filled, location, now=self.clock())

    async def show(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        visitor: Visitor,
        template: str,
        *,
        filled: Filled | None = None,
        **values: Any,
    ) -> None:
        """Answer a page; one whose form came back with errors is a 422."""
        filled = filled or Filled()
        resp.status_code = 200 if filled.ok else 422
        groups = navigation(visitor, self._addresses)
        html = (
            environment()
            .get_template(template)
            .render(
                **_words(visitor.locale),
                searches=f"{visitor.home}/search" in self._addresses,
                visitor=visitor,
                company=visitor.company,
                groups=groups,
                here=current(req.path, groups),
                path=req.path,
                available=await self._available(visitor.company),
                filled=filled,
                done=req.get_param("done"),
                now=self.clock(),
                **values,
            )
        )
        page(resp, html, visitor.locale.language)

    async def _available(self, company: Company | None) -> int | None:
        if company is None:
            return None
        async with self.reading() as tx:
            return await credits.available(tx, company.id)


def page(resp: falcon.asgi.Response, html: str, language: str) -> None:
    """Answer a whole page in a language."""
    resp.content_type = HTML
    resp.text = html
    resp.set_headers({**_HEADERS, "Content-Language": language, "Cache-Control": "no-store"})


def bare(template: str, locale: Locale, **values: Any) -> str:
    """Return a page for somebody who has not signed in."""
    return environment().get_template(template).render(**_words(locale), **values)


def _words(locale: Locale) -> dict[str, Any]:
    return {"locale": locale, "_": locale.gettext, "n_": locale.ngettext}
