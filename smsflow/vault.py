"""Secrets at rest: encrypted with the first key, readable with every key, so that keys can be changed."""

import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultLocked(Exception):
    """A stored secret cannot be read with the keys in SMSFLOW_SECRET_KEY: put the key it was written with behind the new one."""


class Vault:
    """Seals and opens short secrets: verification codes, their texts, connector passwords."""

    def __init__(self, keys: str) -> None:
        """Take Fernet keys with commas between."""
        every = keys.split(",")
        self._fernet = MultiFernet([Fernet(key) for key in every])
        # The oldest key: with a new one before it, people who are counted already keep their fingerprint.
        self._people = hmac.new(every[-1].encode(), digestmod="sha256")

    def fingerprint(self, secret: str) -> bytes:
        """Return 16 octets that distinguish `secret` from others and do not reveal it without the key."""
        # A copy of what has taken the key already costs half of beginning anew.
        keyed = self._people.copy()
        keyed.update(secret.encode())
        return keyed.digest()[:16]

    def seal(self, secret: str) -> str:
        """Return `secret` encrypted."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed; raise VaultLocked when no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise VaultLocked(VaultLocked.__doc__) from None
