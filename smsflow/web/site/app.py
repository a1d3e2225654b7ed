"""The application of the site: `/`."""

import falcon
import falcon.asgi

from smsflow.web.http.access import Access
from smsflow.web.http.application import App
from smsflow.web.look import errors
from smsflow.web.look.pages import HTML


class Root:
    """`/`: the way to the documentation."""

    access = Access.PUBLIC

    async def on_get(self, _req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        """Redirect to it."""
        raise falcon.HTTPFound("/docs/")

    on_head = on_get


def create() -> App:
    """Return the application."""
    app = App(errors.page, media_type=HTML)
    app.add_route("/", Root())
    return app
