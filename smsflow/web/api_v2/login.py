"""`/auth2/get_token_auth/`: a username and a password against a token."""

from datetime import timedelta

import falcon.asgi

from smsflow.runtime import new_token
from smsflow.services.accounts.login import LoginLimits, log_in
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.door import Door
from smsflow.web.http import forms
from smsflow.web.http.access import Access
from smsflow.web.http.address import caller_address
from smsflow.web.http.request import Request


class Login:
    """Logging in."""

    access = Access.PUBLIC

    def __init__(self, door: Door) -> None:
        """Take limits and the token's life from the settings."""
        settings = door.platform.settings
        self._door = door
        self._life = timedelta(hours=settings.token_hours)
        self._proxies = settings.trusted_proxies
        self._limits = LoginLimits(settings.login_per_username, settings.login_per_address, settings.login_period)

    async def on_post(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Answer a new token."""
        fields = await forms.read(req, self._door.body_limit)
        token, user = await log_in(
            self._door.platform.database,
            forms.mandatory(fields, "username"),
            forms.mandatory(fields, "password"),
            address=caller_address(req, self._proxies),
            now=self._door.clock(),
            life=self._life,
            limits=self._limits,
            new_token=new_token,
        )
        resp.data = wire.login_reply(token, user)
