"""A request whose body is read whole, within a bound."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote_from_bytes

import falcon
import falcon.asgi

from smsflow.errors import BodyTooLarge, BodyUnreadable

# A body of the largest size on a poor line takes half of this; a slower client would hold a connection that others need.
_BODY_SECONDS = 20.0


class Request(falcon.asgi.Request):
    """Falcon's request, which survives a query in no known encoding and tells a whole body from one cut short."""

    def __init__(self, scope: dict[str, Any], receive: Any, first_event: Any = None, options: Any = None) -> None:
        """Take what the server hands over; bytes of the query that are not UTF-8 are escaped first."""
        query: bytes = scope["query_string"]
        if query and not query.isascii():
            scope = {**scope, "query_string": quote_from_bytes(query, safe="%&=+;,/?:@!$'()*-._~").encode()}
        super().__init__(scope, receive, first_event=first_event, options=options)

    async def body(self, limit: int, *, patience: float = _BODY_SECONDS) -> bytes:
        """Return the whole body; raise BodyTooLarge beyond `limit` bytes, BodyUnreadable when the client disconnects.

        One that is not there within `patience` seconds is a falcon.HTTPError of status 408.
        """
        length = self.content_length
        if length is not None and length > limit:
            raise BodyTooLarge(limit=limit)
        event: Any = self._first_event or {}
        body: bytes = event.get("body", b"")
        if event.get("more_body"):
            try:
                async with asyncio.timeout(patience):
                    body = await self._rest(body, limit)
            except TimeoutError:
                raise falcon.HTTPError(falcon.HTTP_408) from None
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        if length is not None and len(body) != length:
            raise BodyUnreadable(content_type=self.content_type or "")
        return body

    async def pieces(self, limit: int, *, patience: float = _BODY_SECONDS) -> AsyncIterator[bytes]:
        """Yield the body piece by piece, for one that is not held in memory; raise as `body` does, `patience` being for each piece."""
        length, size = self.content_length, 0
        if length is not None and length > limit:
            raise BodyTooLarge(limit=limit)
        event: Any = self._first_event or {}
        while True:
            piece = event.get("body", b"")
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(limit=limit)
            if piece:
                yield piece
            if not event.get("more_body"):
                break
            try:
                async with asyncio.timeout(patience):
                    event = await self._receive()
            except TimeoutError:
                raise falcon.HTTPError(falcon.HTTP_408) from None
            if event["type"] != "http.request":
                raise BodyUnreadable(content_type=self.content_type or "")
        if length is not None and size != length:
            raise BodyUnreadable(content_type=self.content_type or "")

    async def _rest(self, first: bytes, limit: int) -> bytes:
        chunks, size, more = [first], len(first), True
        while more:
            event: Any = await self._receive()
            # Falcon's own stream takes a disconnect for the end of the body: half a text would be sent as if it were whole.
            if event["type"] != "http.request":
                raise BodyUnreadable(content_type=self.content_type or "")
            chunk = event.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge(limit=limit)
            chunks.append(chunk)
            more = event.get("more_body", False)
        return b"".join(chunks)
