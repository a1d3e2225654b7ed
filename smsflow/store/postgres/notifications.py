"""Notifications from the database."""

from collections.abc import Callable
from typing import Any

import psycopg

from smsflow.store.postgres.transactions import CONNECT, libpq_url


async def listen(
    url: str, channels: tuple[str, ...], received: Callable[[str, str], None], *, connected: Callable[[], None]
) -> None:
    """Call `received(channel, payload)` for every notification until cancelled; raises when the connection is lost.

    `connected` is called once listening has begun: what changed before that moment was not received.
    """
    connection = await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **_plain_connect())
    async with connection:
        for channel in channels:
            await connection.execute(f"LISTEN {channel}")
        connected()
        async for notification in connection.notifies():
            received(notification.channel, notification.payload)


def _plain_connect() -> dict[str, Any]:
    return {k: v for k, v in CONNECT.items() if k != "options"}
