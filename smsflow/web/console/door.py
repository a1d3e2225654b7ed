"""The applications of the console: `/app` and what belongs to everybody who signs in, and `/ops`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from smsflow.domain.access import Right
from smsflow.runtime import Platform
from smsflow.web.console import pages
from smsflow.web.console.shell.errors import install
from smsflow.web.console.shell.guard import Guard
from smsflow.web.console.shell.live import Events
from smsflow.web.console.shell.shell import Shell
from smsflow.web.http.application import App
from smsflow.web.http.compression import Compressed
from smsflow.web.look import errors
from smsflow.web.look.pages import HTML


def create(platform: Platform, *, clock: Callable[[], datetime]) -> Mapping[str, App]:
    """Return the console's applications by the first segment of their addresses."""
    shell = Shell(platform, clock, {*pages.EVERYBODY, *pages.APP, *pages.OPS})
    company = _app(shell, Guard(platform, clock, operators=False), {**pages.EVERYBODY, **pages.APP})
    operators = _app(shell, Guard(platform, clock, operators=True), pages.OPS)
    company.add_route("/app/live", Events(shell.live, Right.DASHBOARD))
    operators.add_route("/ops/live", Events(shell.live, Right.SEE_PLATFORM))
    everybody = {address.split("/")[1] for address in pages.EVERYBODY}
    return {**dict.fromkeys(everybody, company), "app": company, "ops": operators}


def _app(shell: Shell, guard: Guard, resources: Mapping[str, Callable[[Shell], Any]]) -> App:
    app = App(errors.page, media_type=HTML, guard=guard)
    app.add_middleware(Compressed())
    install(app, guard, shell)
    for address, resource in resources.items():
        made = resource(shell)
        app.add_route(address, made)
        if "{" not in address:
            app.add_route(address + "/", made)
    return app
