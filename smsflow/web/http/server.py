"""uvicorn's server, as a process of ours runs it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import cast

import uvicorn

from smsflow.web.http.connection import Connection


class Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to the process and closes slow clients."""

    leaves = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    def take_no_more(self) -> None:
        """Stop listening; answer the clients that are connected."""
        for server in self.servers:
            server.close()

    async def on_tick(self, counter: int) -> bool:
        """Set the headers that every answer has and close what is overdue, once a second; tell whether to end."""
        if counter % 10 == 0 or self.leaves:
            state = self.server_state
            state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            if self.leaves:
                state.default_headers.append((b"connection", b"close"))
            now = time.monotonic()
            for connection in list(state.connections):
                cast(Connection, connection).close_if_due(now)
        return self.should_exit
