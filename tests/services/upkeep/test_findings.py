from datetime import timedelta

import pytest

from smsflow import runtime
from smsflow.keys import secret_key
from smsflow.services.upkeep import pace
from smsflow.services.upkeep.disks import Disk
from smsflow.services.upkeep.findings import Seen, judge, look
from smsflow.settings import Settings
from smsflow.store.mail import Trouble
from smsflow.store.messages import set_aside
from smsflow.store.messages.set_aside import SetAside
from smsflow.store.routing.dispatchers import Instance
from smsflow.store.upkeep import processes
from smsflow.store.upkeep.processes import Process, ProcessShown, Work
from smsflow.testing import a_company, a_connector, a_route
from smsflow.vault import Vault
from tests.database import SECRET_KEY
from tests.dispatch.dispatcher import Dispatcher, an_instance
from tests.dispatch.stage import execute, until


def found(*shown):
    vault = Vault(secret_key(Settings(secret_key=SECRET_KEY)))
    judged = judge(Seen([], [], [], [], [], [], shown), vault, now=runtime.now())
    return {f.english.what: (f.state, f.english.says) for f in judged}


def a_process(role="web", *, silent=1.0, ahead=0.0):
    return ProcessShown(Process(role, "here", 7), silent, ahead)


def test_a_platform_without_web_and_jobs_is_not_well():
    assert found()["web"] == ("wrong", "none is running, so nothing is accepted")
    assert found()["jobs"][0] == "wrong"


def test_processes_that_show_themselves_are_well():
    judged = found(a_process("web"), a_process("jobs"))

    assert judged["web"] == ("ok", "running on here (PID 7)")
    assert judged["jobs"][0] == "ok"


def test_a_process_that_has_been_silent_is_gone():
    assert found(a_process(silent=21))["web"] == (
        "wrong",
        "here (PID 7) has been silent for 21 s, so nothing is accepted",
    )


def test_a_dispatcher_that_hangs_is_named():
    vault = Vault(secret_key(Settings(secret_key=SECRET_KEY)))
    instance = Instance(1, "here", 7, 3)

    def dispatch(silent):
        seen = Seen([], [], [], [], [instance], [], [a_process("dispatch", silent=silent)])
        return [
            (f.state, f.english.says) for f in judge(seen, vault, now=runtime.now()) if f.english.what == "dispatch"
        ]

    assert dispatch(silent=1) == [("ok", "running on here (PID 7)")]
    assert dispatch(silent=60) == [("wrong", "here (PID 7) is there and shows no life")]


@pytest.mark.parametrize(("ahead", "says"), [(6.0, "6 s ahead of"), (-216_000, "216000 s behind")])
def test_a_clock_that_differs_is_named(ahead, says):
    state, told = found(a_process(ahead=ahead))["clock of web"]

    assert state == "wrong"
    assert says in told


def test_a_clock_that_differs_a_little_or_of_a_process_that_is_gone_is_none():
    assert "clock of web" not in found(a_process(ahead=4.9))
    assert "clock of web" not in found(a_process(ahead=60, silent=60))


async def test_a_row_that_the_database_refused_alone_is_found_and_forgotten_in_time(platform):
    moment = runtime.now()
    entry = SetAside("outcomes", 1, 7, "attempt 1", "22021 invalid byte sequence")

    async def look_at():
        async with platform.database.transaction() as tx:
            judged = judge(await look(tx, now=moment), platform.vault, now=moment)
        return [(f.state, f.english.says) for f in judged if f.code == "set_aside"]

    assert await look_at() == []
    for age, state in ((timedelta(hours=1), "wrong"), (timedelta(days=2), "note")):
        await execute(platform, "DELETE FROM set_aside")
        async with platform.database.transaction() as tx:
            await set_aside.keep(tx, entry, now=moment - age)
        ((found_state, says),) = await look_at()
        assert found_state == state
        assert "22021 invalid byte sequence" in says
    await execute(platform, "UPDATE set_aside SET created_at = now() - interval '8 days'")
    assert await look_at() == []


async def shown(platform):
    async with platform.database.transaction() as tx:
        return (await look(tx, now=runtime.now())).shown


async def test_a_process_with_a_role_shows_itself_and_leaves(platform, settings_of, database_url):
    async with runtime.platform(settings_of(), database_url, role="web"):
        await until(lambda: shown(platform))
        (web,) = await shown(platform)

    assert (web.process.role, web.silent < processes.SILENCE, abs(web.clock_ahead) < 1) == ("web", True, True)
    assert await shown(platform) == []


async def test_a_process_shows_how_far_its_clock_is_from_the_databases(platform):
    async with platform.database.transaction() as tx:
        ahead = await processes.beat(tx, Process("jobs", "here", 7), clock=runtime.now() + timedelta(hours=60))

    assert ahead == pytest.approx(216_000, abs=5)


async def test_a_process_that_was_killed_is_silent_and_forgotten_in_the_end(platform):
    killed, other = Process("web", "here", 7), Process("web", "here", 8)
    async with platform.database.transaction() as tx:
        await processes.beat(tx, killed, clock=runtime.now())
    await execute(platform, "UPDATE process SET beat_at = now() - interval '1 minute'")
    assert [int(p.silent) for p in await shown(platform)] == [60]

    await execute(platform, "UPDATE process SET beat_at = now() - interval '2 days'")
    async with platform.database.transaction() as tx:
        await processes.leave(tx, other)

    assert await shown(platform) == []


async def test_a_process_shows_its_rates_between_two_signs_of_life_and_its_disk(platform):
    web = Process("web", "here", 7)
    for accepted in (1000, 1600):
        async with platform.database.transaction() as tx:
            await processes.beat(tx, web, clock=runtime.now(), work=Work(accepted, 0, 40, 100))
        if accepted == 1000:
            await execute(platform, "UPDATE process SET beat_at = now() - interval '5 seconds'")
    async with platform.database.transaction() as tx:
        seen = await shown(platform)
        now_is = await pace.pace(tx, seen, now=runtime.now())

    assert now_is.accepted == pytest.approx(120, rel=0.2)
    assert (now_is.submitted, now_is.delay, now_is.disk) == (0, None, Disk("here", 40, 100))


async def test_a_process_of_the_release_before_shows_no_rates(platform):
    await execute(platform, "INSERT INTO process VALUES ('web', 'here', 7, now(), now(), 0)")
    async with platform.database.transaction() as tx:
        now_is = await pace.pace(tx, await shown(platform), now=runtime.now())

    assert (now_is.accepted, now_is.disk) == (0, None)


@pytest.mark.parametrize(("free", "state"), [(2, "wrong"), (9, "note"), (11, None)])
def test_a_disk_that_fills_is_found(free, state):
    full = ProcessShown(Process("web", "here", 7), 1.0, 0.0, disk_free=free * 10**9, disk_total=100 * 10**9)

    assert found(full).get("disk of here", (None,))[0] == state


async def test_the_pace_shows_how_long_sms_waited(platform):
    company, connector = await a_company(platform), await a_connector(platform)
    await a_route(platform, connector)
    dispatcher = Dispatcher(platform, await an_instance(platform), company, connector)
    for seconds in (1, 2, 9):
        message = await dispatcher.accepts()
        changed = f"created_at = now() - interval '{seconds} seconds', sent_at = now()"
        await execute(platform, f"UPDATE message SET {changed} WHERE id = {message}")

    async with platform.database.transaction() as tx:
        now_is = await pace.pace(tx, [], now=runtime.now())

    assert now_is.delay == timedelta(seconds=2)


def test_mail_that_fails_again_and_again_is_wrong():
    vault = Vault(secret_key(Settings(secret_key=SECRET_KEY)))
    seen = Seen([], [], [], [], [], [], mail=Trouble(2, 1, "SMTPConnectError"))

    (mail,) = [f for f in judge(seen, vault, now=runtime.now()) if f.code == "mail.failing"]

    assert mail.state == "wrong"
    assert "letters that fail again and again: 2; given up since yesterday: 1" in mail.english.says
