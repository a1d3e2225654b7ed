"""The address that customers reach this server by, as far as a request tells it."""

import re

import falcon

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
