"""Mail: sent after the commit of the fact, tried again, given up where it can never arrive; nothing of it is left behind."""

import asyncio
import contextlib
import email
import email.policy
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP
from structlog.testing import capture_logs

from smsflow.jobs.mail import send_next
from smsflow.runtime import mail
from smsflow.services.mail.letters import Letter
from smsflow.services.upkeep.findings import look
from tests.dispatch.stage import execute, query

LETTER = Letter("Votre relevé", "Bonjour,\n\nhttps://sms.example/reset/jeton\n")


class Mailbox:
    """A mail server: what it took, and what it answers to a recipient."""

    def __init__(self):
        self.letters, self.answer = [], "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802 - the name is aiosmtpd's
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name is aiosmtpd's
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@asynccontextmanager
async def listening(mailbox):
    """Serve a mailbox; yield its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="mx", loop=loop), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def mailbox():
    return Mailbox()


@pytest.fixture
async def here(open_platform, mailbox):
    """A platform that sends its mail to the mailbox."""
    async with (
        listening(mailbox) as port,
        open_platform(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="SMSFLOW <sms@smsflow.example>") as platform,
    ):
        yield platform


async def post(here, to="awa@example.com", letter=LETTER):
    async with here.database.transaction() as tx:
        await mail(here).post(tx, letter, to=to, company_id=None, now=here.clock())


async def test_a_letter_is_sent_once_and_leaves_nothing_behind(here, mailbox):
    await post(here)
    with capture_logs() as logs:
        turns = [await send_next(here), await send_next(here)]

    assert turns == [True, False]
    (sent,) = mailbox.letters
    assert (sent["To"], sent["From"], sent["Subject"]) == (
        "awa@example.com",
        "SMSFLOW <sms@smsflow.example>",
        LETTER.subject,
    )
    assert sent.get_content().replace("\r\n", "\n") == LETTER.text
    assert await query(here, "SELECT count(*) FROM mail") == [(0,)]
    assert "awa@" not in str(logs)
    assert "jeton" not in str(logs)


async def test_no_letter_is_sent_of_a_fact_that_was_rolled_back(here, mailbox):
    with contextlib.suppress(ZeroDivisionError):
        async with here.database.transaction() as tx:
            await mail(here).post(tx, LETTER, to="awa@example.com", company_id=None, now=here.clock())
            raise ZeroDivisionError

    assert await send_next(here) is False


async def test_a_letter_that_waits_is_not_readable_in_the_database(here):
    await post(here)

    ((sealed,),) = await query(here, "SELECT letter_sealed FROM mail")
    assert "jeton" not in sealed
    assert "awa" not in sealed


async def test_a_server_that_is_away_is_tried_again_later_and_doctor_says_so(here, mailbox):
    mailbox.answer = "451 awa@example.com: later"
    await post(here)
    for _ in range(3):
        with capture_logs() as logs:
            assert await send_next(here) is True
        assert await send_next(here) is False, "it is not tried again at once"
        assert "awa@" not in str(logs)
        await execute(here, "UPDATE mail SET due_at = :now", now=here.clock())

    async with here.database.transaction() as tx:
        seen = (await look(tx, now=here.clock())).mail
    assert (seen.failing, seen.given_up) == (1, 0)
    assert "awa@" not in seen.last_error

    mailbox.answer = "250 OK"
    assert await send_next(here) is True
    assert len(mailbox.letters) == 1


async def test_an_address_that_is_refused_for_good_is_given_up_and_its_letter_emptied(here, mailbox):
    mailbox.answer = "550 no such user"
    await post(here)
    await send_next(here)

    assert await query(here, "SELECT letter_sealed, given_up_at IS NULL, tries FROM mail") == [("", False, 1)]
    await execute(here, "UPDATE mail SET due_at = :now", now=here.clock() - timedelta(hours=1))
    assert await send_next(here) is False


async def test_a_letter_to_nobody_is_dropped_in_silence(here, mailbox):
    await post(here, to="")
    assert await send_next(here) is True

    assert mailbox.letters == []
    assert await query(here, "SELECT count(*) FROM mail") == [(0,)]


async def test_without_a_mail_server_nothing_is_kept(platform):
    await post(platform)

    assert await query(platform, "SELECT count(*) FROM mail") == [(0,)]
