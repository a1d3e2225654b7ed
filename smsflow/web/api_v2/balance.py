"""`/apiv2/balance/`: the credits that are left."""

import falcon.asgi

from smsflow.domain.account import Company
from smsflow.services import credits
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.door import Door
from smsflow.web.http.access import Access
from smsflow.web.http.request import Request


class Balance:
    """The credits of the company."""

    access = Access.TOKEN

    def __init__(self, door: Door) -> None:
        """Read through `door`."""
        self._door = door

    async def on_get(self, _req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Answer the credits as they are now, and the company's name."""
        async with self._door.platform.database.autocommit() as tx:
            left = await credits.balance(tx, company.id)
        resp.data = wire.balance_reply(left, company.name)

    on_head = on_get
