"""Passwords, hashed and compared."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second choice for argon2id: 19 MiB and two passes, about 25 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(password)


@cache
def _nobodys_hash() -> str:
    """The hash that an unknown user's password is compared with, so that it takes the same time."""
    return _HASHER.hash("nobody")


def is_password(password_hash: str, password: str) -> bool:
    """Tell whether a password has this hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def fits(password_hash: str | None, password: str) -> bool:
    """Tell whether a password has this hash; without a user it is compared all the same."""
    return is_password(_nobodys_hash() if password_hash is None else password_hash, password)
