"""The application of the site: `/`, and `/s/…` by which people opt out."""

from collections.abc import Callable
from datetime import datetime

from smsflow.runtime import Platform
from smsflow.web.http.application import App
from smsflow.web.http.compression import Compressed
from smsflow.web.look import errors
from smsflow.web.look.pages import HTML
from smsflow.web.site.home import Home
from smsflow.web.site.stop import Stop


def create(platform: Platform, *, clock: Callable[[], datetime]) -> App:
    """Return the application."""
    app = App(errors.page, media_type=HTML)
    app.add_middleware(Compressed())
    app.add_route("/", Home())
    app.add_route("/s/{name}", Stop(platform, clock))
    return app
