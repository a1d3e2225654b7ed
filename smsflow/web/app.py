"""The doors: which first segment of an address leads to which application."""

from collections.abc import Callable, Mapping
from datetime import datetime

from smsflow.runtime import Platform
from smsflow.services.messages.intake import Intake
from smsflow.web.api_v2 import app as api_v2
from smsflow.web.api_v2.calls import API
from smsflow.web.console import door as console
from smsflow.web.docs import app as docs
from smsflow.web.docs.openapi import OpenApi
from smsflow.web.http import health
from smsflow.web.http.application import App
from smsflow.web.http.problems import problem
from smsflow.web.look import app as look
from smsflow.web.site import app as site

# The segment of `/`, whose application also answers at every address that is no door's.
SITE = ""
# The application that speaks for a connection of which no address is known: v2 alone promises a body for every error.
UNKNOWN = "apiv2"


def doors(platform: Platform, intake: Intake, *, clock: Callable[[], datetime]) -> Mapping[str, App]:
    """Return the application of each first segment; `intake` must be running."""
    public_url = platform.settings.public_url
    v2 = api_v2.create(platform, intake, clock=clock)
    v2.add_route("/apiv2/openapi.json", OpenApi(API, public_url))
    watched = health.create(platform)
    return {
        SITE: site.create(platform, clock=clock),
        "apiv2": v2,
        "auth2": v2,
        "v3": App(problem, media_type="application/json"),
        "docs": docs.create(API, public_url=public_url),
        "static": look.create(),
        **console.create(platform, clock=clock),
        "healthz": watched,
        "readyz": watched,
        "metrics": watched,
    }
