"""What every call of this door begins with: who calls, and with which fields."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from smsflow.domain.account import Company
from smsflow.errors import AccountSuspended, Unauthenticated
from smsflow.runtime import Platform
from smsflow.services.messages.intake import Intake
from smsflow.services.messages.prepare import Limits
from smsflow.web.http import forms
from smsflow.web.http.request import Request


@dataclass(frozen=True, slots=True)
class Door:
    """The platform as the calls of this door use it."""

    platform: Platform
    intake: Intake
    clock: Callable[[], datetime]
    limits: Limits

    async def company(self, req: Request) -> Company:
        """Return the company of the request's token; raise Unauthenticated."""
        scheme, _, token = (req.get_header("authorization") or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "token" or not token:
            raise Unauthenticated
        directory = self.platform.directory
        return await directory.company((await directory.caller(token)).company_id)

    async def sending_company(self, req: Request) -> Company:
        """Return the company of the request's token, which may send; raise Unauthenticated or AccountSuspended."""
        company = await self.company(req)
        if company.suspended:
            raise AccountSuspended
        return company

    async def form(self, req: Request) -> forms.Fields:
        """Return the fields of the request's body."""
        return await forms.read(req, self.platform.settings.body_limit)
