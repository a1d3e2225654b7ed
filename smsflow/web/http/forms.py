"""The fields of a request, whichever of three ways they were sent: a form, multipart or JSON."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from falcon.uri import parse_query_string

from smsflow.errors import (
    BodyUnreadable,
    CharsetUnknown,
    ContentTypeUnknown,
    ParameterInvalid,
    ParameterMissing,
    ParameterRepeated,
)
from smsflow.web.http import multipart
from smsflow.web.http.request import Request

Fields = Mapping[str, Any]

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"
# Without parameters, as nearly every program sends them.
_PLAIN = frozenset({FORM, JSON})

# No call has more than six parameters; a body of a megabyte could hold half a million.
MOST_FIELDS = 200
# As many digits as fit in a bigint, whatever they are.
_MOST_DIGITS = 18
# Beyond it, a float is not the whole number that was written.
_MOST_FLOAT = 2**53
_MOST_ECHOED = 100
_REPLACED = "\ufffd"
_BOM = "\ufeff"
_UTF8 = "utf-8"

_json = msgspec.json.Decoder(dict[str, Any])


async def read(req: Request, limit: int, *, numbers: Collection[str] = ()) -> Fields:
    """Return the fields of the body of `req`, which has at most `limit` bytes; see `parse`."""
    return parse(req.content_type, await req.body(limit), numbers=numbers)


def parse(content_type: str | None, body: bytes, *, numbers: Collection[str] = ()) -> Fields:
    """Return the fields of `body`, the last of a name; raise BodyUnreadable, ContentTypeUnknown or CharsetUnknown.

    `numbers` are the fields that hold a phone number: one given twice is a ParameterRepeated.
    """
    plain = content_type in _PLAIN
    media = content_type if plain else (content_type or "").partition(";")[0].strip().lower()
    if not body and media in {"", FORM, MULTIPART, JSON}:
        return {}
    if body[:3] == b"\xef\xbb\xbf":
        body = body[3:]
    try:
        charset = _UTF8 if plain else multipart.charset(content_type or "")
        if media == FORM:
            return _form(body, charset, numbers)
        if media == MULTIPART:
            return _collected(multipart.parse(content_type or "", body, most=MOST_FIELDS, default=charset), numbers)
        if media == JSON:
            return _object(body, charset, numbers)
    # UnicodeDecodeError is a ValueError; a nest of a hundred thousand brackets is a RecursionError.
    except (ValueError, msgspec.MsgspecError, multipart.Unreadable, RecursionError):
        raise BodyUnreadable(content_type=media) from None
    except multipart.UnknownCharset as unknown:
        raise CharsetUnknown(charset=str(unknown)[:_MOST_ECHOED]) from None
    raise ContentTypeUnknown(content_type=(media or "")[:_MOST_ECHOED])


def _form(body: bytes, charset: str, numbers: Collection[str]) -> Fields:
    if body.count(b"&") >= MOST_FIELDS:
        raise BodyUnreadable(content_type=FORM)
    text = body.decode(charset)
    fields = _utf8_form(text) if charset == _UTF8 else None
    if fields is None:
        pairs = parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict", max_num_fields=MOST_FIELDS)
        fields = _collected(pairs, numbers)
    if "=+" in text:
        for name in numbers:
            value = fields.get(name, "")
            # An unencoded plus is a space by the rules of forms. Before a digit of a number it was a plus.
            if value[:1] == " " and value[1:2].isdigit() and re.search(rf"(?:^|&){name}=\+", text):
                fields[name] = "+" + value[1:]
    return fields


def _utf8_form(text: str) -> dict[str, Any] | None:
    """Return the fields by Falcon's parser, ten times faster than the library's; None when it cannot tell them."""
    fields: dict[str, Any] = parse_query_string(text, keep_blank=True, csv=False)
    for name, value in fields.items():
        # It lists the values of a name that is repeated, and puts a character where bytes are not UTF-8.
        if type(value) is list or _REPLACED in value or _REPLACED in name or _BOM in value:
            return None
    return fields


def _object(body: bytes, charset: str, numbers: Collection[str]) -> Fields:
    if charset != _UTF8:
        body = body.decode(charset).encode()
    fields = _json.decode(body)
    if any(body.count(b'"%b"' % name.encode()) > 1 for name in numbers):
        json.loads(body, object_pairs_hook=lambda pairs: _collected(pairs, numbers))
    return fields


def _collected(pairs: Iterable[tuple[str, Any]], numbers: Collection[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in numbers and value and fields.get(name):
            raise ParameterRepeated(parameter=name)
        fields[name] = value.removeprefix(_BOM) if isinstance(value, str) else value
    return fields


def optional(fields: Fields, name: str, *, numeric: bool = False) -> str | None:
    """Return the text of a field, or None when it is not given or empty; `numeric` takes a JSON number for its digits."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if type(value) is str:
        return value
    if numeric and type(value) in (int, float):
        return _written(value)
    raise ParameterInvalid(parameter=name, expected="a text or a number" if numeric else "a text")


def mandatory(fields: Fields, name: str, *, numeric: bool = False) -> str:
    """Return the text of a field; raise ParameterMissing when it is not given or empty. For `numeric`, see `optional`."""
    value = fields.get(name)
    if type(value) is str and value:
        return value
    value = optional(fields, name, numeric=numeric)
    if value is None:
        raise ParameterMissing(parameter=name)
    return value


def digits(value: Any, name: str, *, expected: str) -> int | None:
    """Return the whole number that a field's value writes in digits, None when it is empty; raise ParameterInvalid."""
    if value is None or value == "":
        return None
    written = value.strip() if type(value) is str else _written(value) if type(value) in (int, float) else ""
    if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS):
        raise ParameterInvalid(parameter=name, expected=expected)
    return int(written)


def _written(number: float) -> str:
    """Return a JSON number as its digits: 690000001.0 is a whole number."""
    if type(number) is float and number.is_integer() and abs(number) < _MOST_FLOAT:
        return str(int(number))
    return str(number)
