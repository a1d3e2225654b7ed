"""Mail is sent: one letter after the other, tried again when the server is away, at least once."""

import asyncio
from datetime import UTC
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from smsflow.runtime import Platform, mail
from smsflow.services.mail import outbox
from smsflow.services.mail.outbox import Addressed
from smsflow.settings import Settings
from smsflow.store.mail import Unsent
from smsflow.store.postgres.outages import first_line

log = structlog.get_logger(__name__)

_LOOK_AGAIN = 1.0
_TIMEOUT = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


async def keep_mailing(here: Platform) -> None:
    """Send the letters that wait until cancelled; without a mail server there are none."""
    while mail(here).is_ready:
        try:
            again = await send_next(here)
        except Exception as error:  # noqa: BLE001 - the database is away: say so and try again
            log.warning("mail_waits", reason=first_line(error))
            again = False
        await asyncio.sleep(0 if again else _LOOK_AGAIN)


async def send_next(here: Platform) -> bool:
    """Send the letter that has been due for the longest; False when none was due."""
    async with here.database.transaction() as tx:
        unsent = await outbox.next_due(tx, now=here.clock())
    if unsent is None:
        return False
    letter = mail(here).opened(unsent)
    if letter is None:
        await _failed(here, unsent, "the secret key that it was sealed with is gone", is_final=True)
        return True
    try:
        if letter.to:
            await _send(here.settings, letter, here)
    except (SMTPException, OSError, ValueError, TimeoutError) as error:
        await _failed(here, unsent, _reason(error), is_final=_is_final(error))
        return True
    async with here.database.transaction() as tx:
        await outbox.sent(tx, unsent)
    log.info("mail_sent", mail_id=unsent.id, company_id=unsent.company_id)
    return True


async def _failed(here: Platform, unsent: Unsent, reason: str, *, is_final: bool) -> None:
    async with here.database.transaction() as tx:
        again = await outbox.failed(tx, unsent, error=reason, is_final=is_final, now=here.clock())
    log.warning("mail_not_sent", mail_id=unsent.id, company_id=unsent.company_id, reason=reason, again=again)


def _reason(error: Exception) -> str:
    """Say what went wrong without what the server has said: it may repeat the address, or the password."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _is_final(error: Exception) -> bool:
    """Tell whether a further try would be answered the same: the address is refused, or is none."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    return isinstance(error, ValueError) and not isinstance(error, SMTPResponseException)


async def _send(settings: Settings, letter: Addressed, here: Platform) -> None:
    server = urlsplit(settings.smtp_url or "")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, letter.to, letter.subject
    message["Date"] = format_datetime(here.clock().astimezone(UTC))
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2].rstrip("> ") or "smsflow")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    implicit = server.scheme == "smtps"
    # A password leaves this machine only inside TLS.
    needs_tls = server.username is not None and server.hostname not in _LOOPBACK
    await aiosmtplib.send(
        message,
        hostname=server.hostname,
        port=server.port or (465 if implicit else 587),
        username=None if server.username is None else unquote(server.username),
        password=None if server.password is None else unquote(server.password),
        use_tls=implicit,
        start_tls=False if implicit else (True if needs_tls else None),
        timeout=_TIMEOUT,
    )
