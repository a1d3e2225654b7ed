"""The application of the site: `/`, and `/s/…` by which people opt out."""

from collections.abc import Callable
from datetime import datetime

import falcon
import falcon.asgi

from smsflow.runtime import Platform
from smsflow.web.http.access import Access
from smsflow.web.http.application import App
from smsflow.web.look import errors
from smsflow.web.look.pages import HTML
from smsflow.web.site.stop import Stop


class Root:
    """`/`: the way to the documentation."""

    access = Access.PUBLIC

    async def on_get(self, _req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        """Redirect to it."""
        raise falcon.HTTPFound("/docs/")

    on_head = on_get


def create(platform: Platform, *, clock: Callable[[], datetime]) -> App:
    """Return the application."""
    app = App(errors.page, media_type=HTML)
    app.add_route("/", Root())
    app.add_route("/s/{name}", Stop(platform, clock))
    return app
