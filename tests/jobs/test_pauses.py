"""A campaign that pauses by itself writes to the people who may resume it."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import Status
from smsflow.jobs.campaigns import Runner
from smsflow.jobs.watching import Watcher
from smsflow.runtime import mail
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.store.mail import claim
from tests.dispatch.stage import execute, query
from tests.jobs.test_campaigns import a_running_campaign

PUBLIC = "https://sms.example.com"


@pytest.fixture
async def here(open_platform):
    async with open_platform(smtp_url="smtp://127.0.0.1:1", public_url=PUBLIC, campaign_connector_down=60) as here:
        yield here


async def mailed(here):
    letters, now = [], here.clock()
    async with here.database.transaction() as tx:
        while (found := await claim(tx, now=now, leased_until=now.replace(year=2100))) is not None:
            letters.append(mail(here).opened(found))
    return letters


async def ran(here):
    await Runner(here, here.clock)._turn()


async def late(here):
    await execute(here, "UPDATE campaign SET state = 'scheduled', starts_at = now() - interval '2 hours'")
    await ran(here)


async def suspended(here):
    await execute(here, "UPDATE company SET suspended = true")
    await ran(here)


async def without_a_sender(here):
    await execute(here, "DELETE FROM sender")
    await ran(here)


async def without_a_connector(here):
    watcher = Watcher(here)
    for moment in (0.0, 61.0):
        await watcher.look(moment)


async def failing(here):
    await ran(here)
    ids = [id_ for (id_,) in await query(here, "SELECT id FROM message")]
    async with here.database.transaction() as tx:
        ends = [End(id_, Status.FAILED, "UNDELIV 001", not_taken=False) for id_ in ids]
        await closing.close(tx, ends, now=here.clock() + timedelta(seconds=1))
    await Watcher(here).look(0.0)


async def unreadable(here):
    await execute(here, """UPDATE campaign_recipient SET "values" = '5' WHERE place = 1""")
    runner = Runner(here, here.clock)
    for _ in range(3):
        await runner._turn()


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        (unreadable, "Son envoi a échoué"),
        (late, "Son heure est passée"),
        (suspended, "Votre compte est suspendu"),
        (without_a_sender, "Son expéditeur n’est plus accepté"),
        (without_a_connector, "L’opérateur est injoignable"),
        (failing, "Trop de ses derniers messages ont échoué"),
    ],
)
async def test_those_who_may_resume_a_campaign_that_paused_by_itself_get_one_letter(here, happens, says):
    await execute(here, "DELETE FROM marketing_policy")
    await testing.a_route(here, await testing.a_connector(here))
    company = await testing.a_company(here, credits=5000)
    for role in ("admin", "marketing", "reader"):
        await testing.a_user(here, company, username=role, password=None)
        email = f"{role}@example.com"
        await execute(
            here, "UPDATE account_user SET role = :role, email = :email WHERE username = :role", role=role, email=email
        )
    campaign_id = await a_running_campaign(here, company, "Soldes", recipients=300)

    await happens(here)
    letters = await mailed(here)
    await ran(here)

    assert {letter.to for letter in letters} == {"admin@example.com", "marketing@example.com"}
    assert all(f"La campagne Soldes de {company.name} s’est mise en pause. {says}" in letter.text for letter in letters)
    assert all(f"{PUBLIC}/app/campaigns/{campaign_id}" in letter.text for letter in letters)
    assert await mailed(here) == []
