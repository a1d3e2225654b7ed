"""A customer of the API: what its programs send, and what they get."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from falcon.testing import ASGIConductor

from smsflow import testing
from smsflow.runtime import Platform

BOUNDARY = "----------------------------735323031399963166993862"


class Clock:
    """The time, which moves when a test says so."""

    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now

    def local(self):
        """Return the time as a company of the tests reads it: its day is not UTC's for an hour each night."""
        return self.now.astimezone(ZoneInfo(testing.TIMEZONE))

    def advance(self, **delta):
        self.now += timedelta(**delta)


@dataclass
class Customer:
    """The application, asked by HTTP."""

    platform: Platform
    clock: Clock
    conductor: ASGIConductor

    async def ask(self, method, path, *, token=None, body=b"", content_type=None, headers=()):
        """Send any request; `Result` has status_code, json, headers and content."""
        sent = dict(headers)
        if token is not None:
            sent["Authorization"] = f"Token {token}"
        if content_type is not None:
            sent["Content-Type"] = content_type
        return await self.conductor.simulate_request(method, path, body=body, headers=sent, remote_addr="127.0.0.1")

    async def get(self, path, **options):
        return await self.ask("GET", path, **options)

    async def post(self, path, fields, *, kind="form", **options):
        """Send fields as a form, as multipart or as JSON."""
        body, content_type = BODIES[kind](fields)
        return await self.ask("POST", path, body=body, content_type=content_type, **options)

    async def send(self, token, number="690000001", message="Bonjour", **fields):
        """Send an SMS."""
        return await self.post("/apiv2/sms/", {"number": number, "message": message, **fields}, token=token)

    async def opened(self, **company):
        """Open a company that can send; return it with a token."""
        opened = await testing.a_company(self.platform, **company)
        return opened, await testing.a_token(self.platform, opened)


def form(fields):
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def multipart(fields):
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode(), f"multipart/form-data; boundary={BOUNDARY}"


def as_json(fields: Any):
    return json.dumps(fields).encode(), "application/json"


BODIES = {"form": form, "multipart": multipart, "json": as_json}
