"""The outbox: letters are posted in the transaction of the fact that they report, and leave when it has committed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from smsflow.services.mail.letters import Letter
from smsflow.store import mail
from smsflow.store.mail import Trouble, Unsent
from smsflow.store.postgres.transactions import Tx
from smsflow.vault import Vault, VaultLocked

# A try that takes longer is taken for dead.
LEASE = timedelta(minutes=5)
# Two days of tries, each further from the last: a mail server that is down over a weekend is not waited for.
_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))
# Letters that have failed as often are worth a word in `doctor`.
SEVERAL = 3
_TROUBLE_SHOWN = timedelta(days=1)
_TROUBLE_KEPT = timedelta(days=7)


class Addressed(msgspec.Struct, frozen=True):
    """A letter and who gets it; nobody, for one that is kept only so that it takes as long."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """Mail as the platform is set up for it: without a server nothing is posted, without a public address no link is."""

    vault: Vault
    is_ready: bool
    public_url: str | None

    @property
    def carries_links(self) -> bool:
        """Whether a link to a page can be mailed: its address must be ours, and not what a request says that it is."""
        return self.is_ready and self.public_url is not None

    def address(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{(self.public_url or '').rstrip('/')}{path}"

    async def post(self, tx: Tx, letter: Letter, *, to: str, company_id: int | None, now: datetime) -> None:
        """Have a letter sent once this transaction has committed; nothing happens where there is no mail server."""
        if self.is_ready:
            addressed = Addressed(to, letter.subject, letter.text)
            await mail.add(tx, company_id or 0, self.vault.seal(msgspec.json.encode(addressed).decode()), now=now)

    def opened(self, unsent: Unsent) -> Addressed | None:
        """Return a letter that waits; None when no key opens it any more."""
        try:
            return msgspec.json.decode(self.vault.open(unsent.letter_sealed), type=Addressed)
        except VaultLocked:
            return None


async def next_due(tx: Tx, *, now: datetime) -> Unsent | None:
    """Return the next letter to send, or None."""
    return await mail.claim(tx, now=now, leased_until=now + LEASE)


async def sent(tx: Tx, unsent: Unsent) -> None:
    """Drop a letter that has left."""
    await mail.remove(tx, unsent)


async def failed(tx: Tx, unsent: Unsent, *, error: str, is_final: bool, now: datetime) -> bool:
    """Keep a letter for another try, or give it up; return True when there is another try."""
    if is_final or unsent.tries > len(_PAUSES):
        await mail.give_up(tx, unsent, error=error, now=now)
        return False
    await mail.postpone(tx, unsent, error=error, due_at=now + _PAUSES[unsent.tries - 1])
    return True


async def trouble(tx: Tx, *, now: datetime) -> Trouble:
    """Return what could not be sent lately."""
    return await mail.trouble(tx, tries=SEVERAL, since=now - _TROUBLE_SHOWN)


async def forget(tx: Tx, *, now: datetime) -> None:
    """Drop the letters that were given up long ago."""
    await mail.forget(tx, before=now - _TROUBLE_KEPT)
