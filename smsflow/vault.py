"""Secrets at rest: encrypted with the first key, readable with every key, so that keys can be changed."""

import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_BLOCK = 64


def _keyed(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return the two hashes of HMAC-SHA256 (RFC 2104) that have taken the key: copying them costs a seventh of `hmac.digest`."""
    padded = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    return hashlib.sha256(bytes(k ^ 0x36 for k in padded)), hashlib.sha256(bytes(k ^ 0x5C for k in padded))


class VaultLocked(Exception):
    """A stored secret cannot be read with the keys in SMSFLOW_SECRET_KEY: put the key it was written with behind the new one."""


class Vault:
    """Seals and opens short secrets: verification codes, their texts, connector passwords."""

    def __init__(self, keys: str) -> None:
        """Take Fernet keys with commas between."""
        every = keys.split(",")
        self._fernet = MultiFernet([Fernet(key) for key in every])
        # The oldest key: with a new one before it, people who are counted already keep their fingerprint.
        self._inner, self._outer = _keyed(every[-1].encode())

    def fingerprint(self, secret: str) -> bytes:
        """Return 16 octets that distinguish `secret` from others and do not reveal it without the key."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(secret.encode())
        outer.update(inner.digest())
        return outer.digest()[:16]

    def seal(self, secret: str) -> str:
        """Return `secret` encrypted."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed; raise VaultLocked when no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise VaultLocked(VaultLocked.__doc__) from None
