"""Notifications from the database."""

from collections.abc import Callable
from typing import Any, Final

import psycopg

from smsflow.store.postgres.patience import Patience
from smsflow.store.postgres.transactions import CONNECTION, libpq_url

# Silence says nothing: after this long without a notification the server is asked for a sign of life, and has as long to give it.
_SILENCE: Final = 10.0
_CONNECT: Final[dict[str, Any]] = dict(CONNECTION)


async def listen(
    url: str,
    channels: tuple[str, ...],
    received: Callable[[str, str], None],
    *,
    connected: Callable[[], None],
    silence: float = _SILENCE,
) -> None:
    """Call `received(channel, payload)` for every notification until cancelled; raises when the connection is lost or the server hangs.

    `connected` is called once listening has begun: what changed before that moment was not received.
    """
    connection = await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **_CONNECT)
    async with connection:
        with Patience(connection, silence):
            for channel in channels:
                await connection.execute(f"LISTEN {channel}")
        connected()
        while True:
            async for notification in connection.notifies(timeout=silence):
                received(notification.channel, notification.payload)
            with Patience(connection, silence):
                await connection.execute("SELECT 1")
