"""Forms: their token, their one-time key, what was typed, and what is wrong with it."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

import falcon
import msgspec

from smsflow.errors import BodyUnreadable
from smsflow.runtime import Platform
from smsflow.services.accounts import kept_forms, sessions
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http import forms
from smsflow.web.http.request import Request

TOKEN: Final = "_token"  # noqa: S105 - the name of a field
KEY: Final = "_key"
KEPT: Final = "kept"
_TOKEN_OCTETS = 16
_KEPT_FOR = timedelta(hours=1)


class TokenMissing(Exception):
    """A form without the token of its session: it was not made for this visitor."""


def token_of(session: str) -> str:
    """Return the token that a form of a session carries.

    Each page writes it in another way: compressed, a page beside a secret that never changes reveals how much of it was guessed.
    """
    pad = secrets.token_bytes(_TOKEN_OCTETS)
    return (pad + _masked(_secret(session), pad)).hex()


def _is_token(given: str, session: str) -> bool:
    try:
        octets = bytes.fromhex(given)
    except ValueError:
        return False
    pad, written = octets[:_TOKEN_OCTETS], octets[_TOKEN_OCTETS:]
    return len(written) == _TOKEN_OCTETS and hmac.compare_digest(_masked(written, pad), _secret(session))


def _secret(session: str) -> bytes:
    return hmac.digest(session.encode(), b"form", hashlib.sha256)[:_TOKEN_OCTETS]


def _masked(octets: bytes, pad: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(octets, pad, strict=True))


def new_key() -> str:
    """Return a key that lets a form act once."""
    return secrets.token_urlsafe(12)


@dataclass(slots=True)
class Filled:
    """The values that somebody typed into a form, and its errors, by field, in the reader's language."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    lists: Mapping[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return what was typed in a field, without the spaces around it; nothing is the empty text."""
        return self.values.get(name, "").strip()

    def raw(self, name: str) -> str:
        """Return what was typed in a field as it is."""
        return self.values.get(name, "")

    def every(self, name: str) -> list[str]:
        """Return all that was chosen in a field that takes several."""
        return self.lists.get(name) or ([self.values[name]] if self.values.get(name) else [])

    def wrong(self, name: str, sentence: str) -> None:
        """Say what is wrong with a field, unless that was said before."""
        self.errors.setdefault(name, sentence)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors


async def read(req: Request, visitor: Visitor, *, limit: int) -> Filled:
    """Return what was typed into the posted form; raise TokenMissing when it is not one of this session's."""
    return filled(await fields_of(req, limit), visitor)


def filled(fields: Mapping[str, list[str]], visitor: Visitor) -> Filled:
    """Return what was typed, given as the values of each field; raise TokenMissing when the form is not one of this session's."""
    # No text of a database has a NUL, and nobody types one.
    fields = {name: [value.replace("\x00", "") for value in values] for name, values in fields.items()}
    given = {name: values[-1] for name, values in fields.items()}
    if not _is_token(given.get(TOKEN, ""), visitor.session):
        raise TokenMissing
    hidden = {TOKEN, KEY}
    return Filled(
        {name: value for name, value in given.items() if name not in hidden},
        key=(given.get(KEY) or new_key())[:64],
        lists={name: values for name, values in fields.items() if name not in hidden},
    )


async def fields_of(req: Request, limit: int) -> dict[str, list[str]]:
    """Return the values of each field of a posted form; raise BodyUnreadable."""
    body = await req.body(limit)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=forms.MOST_FIELDS)
    except ValueError:
        raise BodyUnreadable(content_type=forms.FORM) from None


@dataclass(slots=True)
class Act:
    """The act of a form, in one transaction; `location` is where it leads."""

    tx: Tx
    location: str


@asynccontextmanager
async def act(
    platform: Platform, visitor: Visitor, filled: Filled, location: str, *, now: datetime
) -> AsyncIterator[Act]:
    """Do what a form asks for, once: then lead to `act.location`, which the block may change.

    A second post with the same key does nothing and leads where the first one led. An exception rolls back, key included.
    """
    person = visitor.person.id
    async with platform.database.transaction() as tx:
        if not await kept_forms.take_key(tx, person, filled.key, now=now):
            raise falcon.HTTPSeeOther(await kept_forms.location_of(tx, person, filled.key) or location)
        doing = Act(tx, location)
        yield doing
        await kept_forms.set_location(tx, person, filled.key, doing.location)
    raise falcon.HTTPSeeOther(doing.location)


async def keep(req: Request, platform: Platform, cookie: str | None, *, now: datetime) -> str | None:
    """Keep what was typed by somebody whose session has ended; return the key under which it comes back after signing in."""
    fields = await fields_of(req, platform.settings.body_limit)
    if cookie is None:
        return None
    secret = {TOKEN, KEY, "password", "new_password", "code", "factor_code"}
    typed = {name: values for name, values in fields.items() if name not in secret}
    async with platform.database.transaction() as tx:
        person_id = await sessions.ended(tx, cookie)
        if person_id is None or not typed:
            return None
        key = new_key()
        sealed = platform.vault.seal(msgspec.json.encode(typed).decode())
        await kept_forms.keep(tx, key, user_id=person_id, path=req.path, fields_sealed=sealed, until=now + _KEPT_FOR)
    return key


async def take_kept(req: Request, platform: Platform, visitor: Visitor, *, now: datetime) -> Filled:
    """Return what the visitor had typed on this page before the session ended; empty when there is nothing."""
    key = req.get_param(KEPT)
    if not key:
        return Filled()
    async with platform.database.transaction() as tx:
        kept = await kept_forms.take(tx, key, user_id=visitor.person.id, now=now)
    if kept is None or kept.path != req.path:
        return Filled()
    lists = msgspec.json.decode(platform.vault.open(kept.fields_sealed), type=dict[str, list[str]])
    return Filled({name: values[-1] for name, values in lists.items()}, lists=lists)
