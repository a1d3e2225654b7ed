"""The caller of a request: the company of its token, and whether it may do what it asks."""

from enum import Enum
from functools import partial
from typing import Any

from smsflow.errors import AccountSuspended, Unauthenticated
from smsflow.runtime import Directory
from smsflow.web.http.access import Access, Check
from smsflow.web.http.request import Request


class Callers:
    """Knows companies by the tokens of their requests."""

    def __init__(self, directory: Directory) -> None:
        """Look tokens up in `directory`."""
        self._directory = directory
        self._sends = partial(self._reads, sends=True)

    def guard(self, access: Enum, method: str) -> Check | None:
        """Return what checks the caller of a resource, which gives its responders the `company`."""
        if access is Access.PUBLIC or method == "OPTIONS":
            return None
        return self._sends if access is Access.SENDING and method == "POST" else self._reads

    async def _reads(self, req: Request, *, sends: bool = False) -> dict[str, Any]:
        scheme, _, token = (req.get_header("authorization") or "").partition(" ")
        token = token.strip()
        if (scheme != "Token" and scheme.lower() != "token") or not token:
            raise Unauthenticated(scheme=scheme) if scheme.lower() == "bearer" else Unauthenticated
        company = await self._directory.company((await self._directory.caller(token)).company_id)
        if sends and company.suspended:
            raise AccountSuspended
        return {"company": company}
