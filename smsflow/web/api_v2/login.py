"""`/auth2/get_token_auth/`: a username and a password against a token."""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import falcon.asgi

from smsflow.runtime import new_token
from smsflow.services.accounts.login import LoginLimits, log_in
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.door import Door
from smsflow.web.http import forms
from smsflow.web.http.access import Access
from smsflow.web.http.request import Request

# Whoever has one IPv6 address has the 2^64 of its network.
_IPV6_HOUSEHOLD = 64


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


def caller_address(req: Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the address to count logins by: the peer's, or the nearest that our own proxies do not vouch for."""
    address = _address(next(iter(req.scope.get("client") or ()), ""))
    hops = (req.get_header("x-forwarded-for") or "").split(",") if proxies else []
    while hops and address is not None and any(address in network for network in proxies):
        hop = _address(hops.pop())
        if hop is None:
            break
        address = hop
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_HOUSEHOLD), strict=False))
    return str(address or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
