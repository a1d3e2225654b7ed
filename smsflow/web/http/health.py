"""The door of health: is this process alive, can it store requests, and what does it count."""

import asyncio

import falcon
import falcon.asgi

from smsflow import observe
from smsflow.runtime import Platform
from smsflow.store.postgres.outages import may_pass
from smsflow.store.postgres.revision import is_migrated
from smsflow.web.http.access import Access
from smsflow.web.http.application import App
from smsflow.web.http.errors import plain_text

# Probes give up sooner than most time-outs: an answer after this long would not be read.
_PATIENCE = 3.0


class Alive:
    """`/healthz`: this process answers."""

    access = Access.PUBLIC

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer 200."""
        resp.data = b'{"status":"alive"}'

    on_head = on_get


class Ready:
    """`/readyz`: requests can be stored."""

    access = Access.PUBLIC

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
        resp.content_type = falcon.MEDIA_TEXT
        resp.data = f"{reason}\n".encode()

    on_head = on_get

    async def _obstacle(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE), self._platform.database.autocommit() as tx:
                migrated = await is_migrated(tx)
        except Exception as error:
            if may_pass(error):
                return "The database cannot be reached."
            raise
        return None if migrated else "The database has migrations to come: run `smsflow migrate`."


class Metrics:
    """`/metrics`: what Prometheus collects."""

    access = Access.PUBLIC

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer the metrics of every process."""
        # The files of several processes are read from disk.
        resp.data = await asyncio.to_thread(observe.exposition)
        resp.content_type = observe.EXPOSITION_TYPE

    on_head = on_get


def create(platform: Platform) -> App:
    """Return the application."""
    app = App(plain_text, media_type="application/json; charset=utf-8")
    app.add_both("/healthz/", Alive())
    app.add_both("/readyz/", Ready(platform))
    app.add_both("/metrics/", Metrics())
    return app
