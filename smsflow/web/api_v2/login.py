"""`/auth2/get_token_auth/`: a username and a password against a token."""

from datetime import timedelta

import falcon.asgi

from smsflow.errors import Refused
from smsflow.runtime import new_token
from smsflow.services.accounts import login
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
        self._limits = login.LoginLimits(settings.login_per_username, settings.login_per_address, settings.login_period)

    async def on_post(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Answer a new token."""
        fields = await forms.read(req, self._door.body_limit)
        username, password = forms.mandatory(fields, "username"), forms.mandatory(fields, "password")
        database, now, limits = self._door.platform.database, self._door.clock(), self._limits
        async with database.transaction() as tx:
            address = caller_address(req, self._proxies)
            attempt = await login.look_up(tx, username, address=address, limits=limits, now=now)
        # Outside of a transaction: it takes its time, and its turn.
        right = await login.is_right(attempt, password)
        token = new_token()
        async with database.transaction() as tx:
            user = await login.admit(tx, attempt, right=right, token=token, life=self._life, limits=limits, now=now)
        # Outside of the transaction: a failure counts, so it must be committed.
        if isinstance(user, Refused):
            raise user
        resp.data = wire.login_reply(token, user)
