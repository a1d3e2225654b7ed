"""Access: what each resource asks of its callers, declared on the resource and checked where it is routed."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

from falcon.routing import CompiledRouter

from smsflow.web.http.request import Request


class Access(Enum):
    """The right that a resource asks of its callers."""

    PUBLIC = "public"
    # A company's token.
    TOKEN = "token"  # noqa: S105 - the name of a right
    # The same; and what it posts is sent, which a suspended company may not.
    SENDING = "sending"


class AccessUndeclared(Exception):
    """A resource does not say who may use it, or asks for what its door cannot check."""


# Returns what the responder is given by name (`company=`) or raises a refusal.
Check = Callable[[Request], Awaitable[dict[str, Any]]]
# The check for an access and a method; None where everybody may pass. Raises LookupError for an access unknown at this door.
Guard = Callable[[Enum, str], Check | None]


def public_only(access: Enum, _method: str) -> Check | None:
    """Guard a door that knows no callers."""
    if access is not Access.PUBLIC:
        raise LookupError(access)
    return None


class Router(CompiledRouter):
    """Falcon's router, whose responders are reached through the check of their resource's access.

    A check in the router costs one call; a middleware would also run before "method not allowed", which needs no token.
    """

    def __init__(self, guard: Guard) -> None:
        """Check by `guard`."""
        super().__init__()
        self._guard = guard

    def map_http_methods(self, resource: object, **options: Any) -> dict[str, Any]:
        """Return the responders of a resource, each behind its check; raise AccessUndeclared.

        `posts` on a resource is what a POST asks for where that is more than to read.
        """
        access = getattr(resource, "access", None)
        name = type(resource).__name__
        if not isinstance(access, Enum):
            raise AccessUndeclared(f"{name} does not say who may use it: give it `access = Access.…`")
        guarded: dict[str, Any] = {}
        for method, responder in super().map_http_methods(resource, **options).items():
            try:
                check = self._guard(getattr(resource, "posts", access) if method == "POST" else access, method)
            except LookupError:
                raise AccessUndeclared(f"{name} asks for {access}, which this door cannot check") from None
            guarded[method] = responder if check is None else _behind(check, responder)
        return guarded


def _behind(check: Check, responder: Any) -> Any:
    async def checked(req: Request, resp: Any, **parameters: Any) -> None:
        await responder(req, resp, **parameters, **await check(req))

    return checked
