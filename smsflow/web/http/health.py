"""What watches the platform asks: is it alive, is it ready, what does it count."""

import asyncio

import falcon
import falcon.asgi
import msgspec

from smsflow import observe
from smsflow.runtime import Platform
from smsflow.store.postgres.outages import is_outage
from smsflow.store.postgres.revision import is_migrated

# A probe that waits longer is counted as failed by whoever sent it.
_PATIENCE = 3.0

_encode = msgspec.json.Encoder().encode


class Alive:
    """`/healthz`: this process answers."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Say so."""
        resp.data = b'{"status":"alive"}'

    on_head = on_get


class Ready:
    """`/readyz`: requests can be stored."""

    def __init__(self, platform: Platform) -> None:
        """Look at the platform's database."""
        self._platform = platform

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer 200, or 503 with the reason."""
        reason = await self._obstacle()
        if reason is None:
            resp.data = b'{"status":"ready"}'
            return
        resp.status = falcon.HTTP_503
        resp.data = _encode({"code": 503, "message": reason})

    on_head = on_get

    async def _obstacle(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE), self._platform.database.autocommit() as tx:
                migrated = await is_migrated(tx)
        except Exception as error:
            if is_outage(error):
                return "The database cannot be reached."
            raise
        return None if migrated else "The database has migrations to come: run `smsflow migrate`."


class Metrics:
    """`/metrics`: what Prometheus collects."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer the metrics of every process."""
        # The files of several processes are read from disk.
        resp.data = await asyncio.to_thread(observe.exposition)
        resp.content_type = observe.EXPOSITION_TYPE

    on_head = on_get
