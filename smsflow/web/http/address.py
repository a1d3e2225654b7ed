"""Addresses, as far as a request tells them: the one that this server is reached by, and the one that it is called from."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import falcon

from smsflow.web.http.request import Request

# One IPv6 customer has the 2^64 addresses of a network.
_IPV6_HOUSEHOLD = 64

# A host name, an IPv4 address or a bracketed IPv6 one, and a port: nothing that could mean something in a page.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def base_address(req: falcon.Request, public_url: str | None) -> str | None:
    """Return `public_url`, else the scheme and host of the request, or None when the host is nonsense."""
    if public_url:
        return public_url.rstrip("/")
    scheme = req.scheme
    host = req.get_header("Host") or ""
    if scheme in {"http", "https"} and _HOST.fullmatch(host):
        return f"{scheme}://{host}"
    return None


def caller_address(req: Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the address to count logins by: the peer's, or the nearest that our own proxies do not vouch for."""
    address = _peer(req)
    hops = (req.get_header("x-forwarded-for") or "").split(",") if proxies else []
    while hops and address is not None and any(address in network for network in proxies):
        hop = _address(hops.pop())
        if hop is None:
            break
        address = hop
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_HOUSEHOLD), strict=False))
    return str(address or "")


def _peer(req: Request) -> IPv4Address | IPv6Address | None:
    # Any iterable may stand there (ASGI), also one that can be read once.
    client = req.scope["client"] = tuple(req.scope.get("client") or ("",))
    return _address(str(client[0]))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_loopback(req: Request) -> bool:
    """Tell whether a browser on this machine asks: it takes http from here for as safe as https."""
    address = _peer(req)
    host = (req.get_header("Host") or "").rpartition(":")[0] or req.get_header("Host") or ""
    return address is not None and address.is_loopback and host in {"localhost", "127.0.0.1", "[::1]"}
