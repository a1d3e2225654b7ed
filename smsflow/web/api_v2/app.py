"""The application of the v2 API: `/apiv2/` and `/auth2/`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from smsflow.runtime import Platform
from smsflow.services.messages.intake import Intake
from smsflow.services.messages.prepare import Limits
from smsflow.web.api_v2 import errors, wire
from smsflow.web.api_v2.auth import Callers
from smsflow.web.api_v2.balance import Balance
from smsflow.web.api_v2.codes import Codes, CodeVerification
from smsflow.web.api_v2.door import Door
from smsflow.web.api_v2.login import Login
from smsflow.web.api_v2.sms import Sms
from smsflow.web.http.application import App


def create(platform: Platform, intake: Intake, *, clock: Callable[[], datetime]) -> App:
    """Return the application; `intake` must be running."""
    settings = platform.settings
    limits = Limits(segments=settings.message_segments_limit, validity=timedelta(hours=settings.validity_hours))
    door = Door(platform, intake, clock, limits, settings.body_limit)
    app = App(errors.render, media_type=wire.CONTENT_TYPE, guard=Callers(platform.directory).guard)
    errors.install(app)
    app.add_both("/auth2/get_token_auth/", Login(door))
    app.add_both("/apiv2/sms/", Sms(door))
    app.add_both("/apiv2/smscode/", Codes(door))
    app.add_both("/apiv2/verify_code/", CodeVerification(door))
    app.add_both("/apiv2/balance/", Balance(door))
    return app
