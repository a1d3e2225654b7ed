"""`/apiv2/balance/`: the credits that are left."""

import falcon.asgi

from smsflow.errors import Unauthenticated
from smsflow.store.credits import balances
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.auth import Door
from smsflow.web.http.request import Request


class Balance:
    """The credits of the company."""

    def __init__(self, door: Door) -> None:
        """Read at this door."""
        self._door = door

    async def on_get(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Answer the credits as they are now, and the company's name."""
        company = await self._door.company(req)
        async with self._door.platform.database.autocommit() as tx:
            left = await balances.balance(tx, company.id)
        if left is None:
            raise Unauthenticated
        resp.data = wire.balance_reply(left, company.name)

    on_head = on_get
