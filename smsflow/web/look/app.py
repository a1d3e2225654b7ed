"""The application of the look's files: `/static/`."""

from smsflow.web.http.application import App
from smsflow.web.look import errors
from smsflow.web.look.assets import LOOK
from smsflow.web.look.pages import HTML


def create() -> App:
    """Return the application."""
    app = App(errors.page, media_type=HTML)
    app.add_route("/static/{name}", LOOK)
    return app
