import asyncio

import falcon
import pytest

from smsflow.errors import BodyTooLarge, BodyUnreadable
from smsflow.web.http.request import Request

GONE = {"type": "http.disconnect"}


def request(*events, length=None, query=b""):
    """A request whose server hands over these events."""
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": query, "headers": headers}
    left = iter(events)

    async def receive():
        return next(left)

    return Request(scope, receive, first_event=next(left))


def chunk(body, *, more):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_chunks_is_put_together():
    req = request(chunk(b"num", more=True), {"type": "http.request", "more_body": True}, chunk(b"ber", more=False))

    assert await req.body(6) == b"number"


async def test_a_body_that_says_it_is_too_large_is_not_waited_for():
    with pytest.raises(BodyTooLarge):
        await request(chunk(b"", more=True), length=7).body(6)


async def test_a_body_that_does_not_say_how_large_it_is_is_counted():
    with pytest.raises(BodyTooLarge):
        await request(chunk(b"num", more=True), chunk(b"bers", more=True)).body(6)
    with pytest.raises(BodyTooLarge):
        await request(chunk(b"numbers", more=False)).body(6)


@pytest.mark.parametrize("length", [None, 6])
async def test_a_body_cut_short_by_a_lost_client_is_not_taken_for_whole(length):
    with pytest.raises(BodyUnreadable):
        await request(chunk(b"num", more=True), GONE, length=length).body(6)


async def test_a_body_shorter_than_it_says_is_not_taken_for_whole():
    with pytest.raises(BodyUnreadable):
        await request(chunk(b"num", more=False), length=6).body(6)


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever():
    req = request(chunk(b"num", more=True), length=6)
    req._receive = asyncio.get_running_loop().create_future

    with pytest.raises(falcon.HTTPError) as refused:
        await req.body(6, patience=0)

    assert refused.value.status_code == 408


def test_a_query_in_no_known_encoding_is_a_query():
    req = request(chunk(b"", more=False), query=b"id=\xff&lang=fr&name=%C3%A9")

    assert (req.get_param("lang"), req.get_param("name")) == ("fr", "é")
