"""The fields of a request, whichever of three ways they were sent: a form, multipart or JSON."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from falcon.uri import parse_query_string

from smsflow.errors import BodyUnreadable, ContentTypeUnknown, ParameterInvalid, ParameterMissing
from smsflow.web.http import multipart
from smsflow.web.http.request import Request

Fields = Mapping[str, Any]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"

# No call has more than five parameters; a body of a megabyte could hold half a million.
MOST_FIELDS = 200
# As many digits as fit in a bigint, whatever they are.
_MOST_DIGITS = 18
_MOST_ECHOED = 100
_REPLACED = "\ufffd"

_json = msgspec.json.Decoder(dict[str, Any])


async def read(req: Request, limit: int) -> Fields:
    """Return the fields of the body of `req`, which has at most `limit` bytes."""
    return parse(req.content_type, await req.body(limit))


def parse(content_type: str | None, body: bytes) -> Fields:
    """Return the fields of `body`, the last of a name; raise BodyUnreadable or ContentTypeUnknown."""
    media = (content_type or "").partition(";")[0].strip().lower()
    if not body and media in {"", FORM, MULTIPART, JSON}:
        return {}
    try:
        if media == FORM:
            return _form(body)
        if media == MULTIPART:
            return multipart.parse(content_type or "", body, most=MOST_FIELDS)
        if media == JSON:
            return _json.decode(body)
    # UnicodeDecodeError is a ValueError; a nest of a hundred thousand brackets is a RecursionError.
    except (ValueError, msgspec.MsgspecError, multipart.Unreadable, RecursionError):
        raise BodyUnreadable(content_type=media) from None
    raise ContentTypeUnknown(content_type=media[:_MOST_ECHOED])


def _form(body: bytes) -> Fields:
    if body.count(b"&") >= MOST_FIELDS:
        raise BodyUnreadable(content_type=FORM)
    text = body.decode()
    fields: dict[str, Any] = parse_query_string(text, keep_blank=True, csv=False)
    for name, value in fields.items():
        if type(value) is list:
            fields[name] = value = value[-1]  # noqa: PLW2901 - the last of a name
        # Falcon's parser, ten times faster than the library's, puts this character where bytes are not UTF-8.
        if _REPLACED in value or _REPLACED in name:
            return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
    return fields


def optional(fields: Fields, name: str) -> str | None:
    """Return the text of a field, or None when it is not given or empty; a JSON number is the text of its digits."""
    return text(fields.get(name), name)


def mandatory(fields: Fields, name: str) -> str:
    """Return the text of a field; raise ParameterMissing when it is not given or empty."""
    value = fields.get(name)
    if type(value) is str and value:
        return value
    value = text(value, name)
    if value is None:
        raise ParameterMissing(parameter=name)
    return value


def text(value: Any, name: str) -> str | None:
    """Return a field's value as a text, or None when it is empty; raise ParameterInvalid for what is neither text nor number."""
    if value is None or value == "":
        return None
    if type(value) is str:
        return value
    if type(value) is int or type(value) is float:
        return str(value)
    raise ParameterInvalid(parameter=name, expected="a text or a number")


def digits(value: Any, name: str, *, expected: str) -> int | None:
    """Return the whole number that a field's value writes in digits, None when it is empty; raise ParameterInvalid."""
    if value is None or value == "":
        return None
    written = (text(value, name) or "").strip()
    if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS):
        raise ParameterInvalid(parameter=name, expected=expected)
    return int(written)
