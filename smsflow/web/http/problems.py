"""Errors as `application/problem+json` (RFC 9457)."""

import falcon
import msgspec

from smsflow.web.http.errors import DoorError, ErrorPage

_encode = msgspec.json.Encoder().encode


class Problem(msgspec.Struct):
    """The body of an error; without a type of its own, the title is the status's phrase (RFC 9457 §4.2.1)."""

    type: str
    title: str
    status: int


def problem(failure: DoorError) -> ErrorPage:
    """Return the error page of a door whose callers read problem+json."""
    title = falcon.code_to_http_status(failure.status).partition(" ")[2]
    return ErrorPage("application/problem+json", _encode(Problem("about:blank", title, failure.status)))
