"""The second factor: time-based codes (RFC 6238), each good once, and ten recovery codes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp

from smsflow.domain import digits, verification
from smsflow.store.accounts import people
from smsflow.store.accounts.people import SignIn
from smsflow.store.postgres.transactions import Tx
from smsflow.vault import Vault

_STEP_SECONDS = 30
# A phone's clock may be a step off.
_DRIFT = (0, -1, 1)
_RECOVERY_CODES = 10
# Letters on each side of its dash.
_HALF = 5
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor that is offered: its secret, and what a phone scans."""

    secret: str
    address: str


def offer(username: str, *, issuer: str, secret: str | None = None) -> Enrolment:
    """Return a secret, new unless one is given; nothing is stored before a code of it was typed."""
    secret = secret or pyotp.random_base32()
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer))


async def confirm(tx: Tx, user_id: int, secret: str, code: str, *, vault: Vault, now: datetime) -> list[str] | None:
    """Turn the second factor on when `code` is one of `secret`; return the recovery codes, shown once, or None."""
    if _step_of(secret, code, now) is None:
        return None
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_HALF)) for _ in range(2))
        for _ in range(_RECOVERY_CODES)
    ]
    await people.set_factor(tx, user_id, totp_sealed=vault.seal(secret), recovery=[_digest(c) for c in codes])
    return codes


async def turn_off(tx: Tx, user_id: int) -> None:
    """Turn the second factor off."""
    await people.set_factor(tx, user_id, totp_sealed=None, recovery=[])


async def check(tx: Tx, found: SignIn, code: str, *, vault: Vault, now: datetime) -> bool:
    """Tell whether `code` is the person's code of this moment, or a recovery code; each is good once."""
    if found.totp_sealed is None:
        return True
    step = _step_of(vault.open(found.totp_sealed), code, now)
    if step is not None:
        return await people.use_step(tx, found.person.id, step)
    return await people.use_recovery(tx, found.person.id, _digest(_recovery_code(code)))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    totp, typed = pyotp.TOTP(secret), verification.typed(code)
    at = int(now.timestamp())
    if not typed.isascii():
        return None
    steps = [at // _STEP_SECONDS + drift for drift in _DRIFT]
    return next((step for step in steps if secrets.compare_digest(totp.at(step * _STEP_SECONDS), typed)), None)


def _recovery_code(typed: str) -> str:
    """Return a recovery code as it was shown: its dash, spaces, case and invisible marks do not count."""
    letters = "".join(c for c in digits.plain(typed).lower() if c.isalnum())
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
