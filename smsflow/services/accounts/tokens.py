"""API tokens."""

import hashlib


def digest(token: str) -> bytes:
    """Return the hash of a token: all that is stored of it."""
    return hashlib.sha256(token.encode()).digest()
