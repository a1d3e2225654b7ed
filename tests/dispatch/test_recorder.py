"""A recorder loses nothing: not when the database is away, not when it is cancelled, not when an entry is poison."""

import asyncio

import pytest
from psycopg.errors import IntegrityError, OperationalError

from smsflow.dispatch import recorder as recording
from smsflow.dispatch.recorder import Recorder
from tests.dispatch.stage import until

_AWAY = OperationalError("away")
_WRONG = IntegrityError("wrong")


class Table:
    """What was written, and what has to go wrong before it is."""

    def __init__(self, *, poison=()):
        self.written = []
        self.groups = []
        self.poison = set(poison)
        self.disposed = []
        self.failures = []

    async def write(self, entries):
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        if self.poison & set(entries):
            raise _WRONG
        self.groups.append(len(entries))
        self.written += entries

    async def dispose(self, entry):
        if self.failures:
            raise self.failures.pop(0)
        self.disposed.append(entry)

    def recorder(self, *, most=100):
        return Recorder(self.write, name="test", most=most, poisoned=self.dispose)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(recording, "_RETRY", 0)


async def drained(recorder):
    task = asyncio.create_task(recorder.run())
    async with asyncio.timeout(10):
        await recorder.drain()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_is_written_together_and_in_order():
    table = Table()
    recorder = table.recorder(most=4)
    for n in range(10):
        recorder.put(n)
    await drained(recorder)

    assert table.written == list(range(10))
    assert table.groups == [4, 4, 2]


async def test_a_database_that_is_away_is_waited_for():
    table = Table()
    table.failures = [_AWAY, TimeoutError(), _AWAY]
    recorder = table.recorder()
    recorder.put(1)
    recorder.put(2)
    await drained(recorder)

    assert table.written == [1, 2]


async def test_a_poisonous_entry_is_disposed_of_and_the_others_are_written():
    table = Table(poison=[2])
    recorder = table.recorder()
    for n in range(4):
        recorder.put(n)
    await drained(recorder)

    assert (table.written, table.disposed) == ([0, 1, 3], [2])


async def test_an_entry_that_cannot_even_be_disposed_of_does_not_end_the_recorder():
    table = Table(poison=[1])
    real = table.dispose

    async def dispose(entry):
        if not table.groups:
            table.groups.append(0)
            raise _AWAY
        await real(entry)
        raise _WRONG

    recorder = Recorder(table.write, name="test", most=100, poisoned=dispose)
    recorder.put(1)
    recorder.put(2)
    await drained(recorder)

    assert (table.written, table.disposed) == ([2], [1])


async def test_what_was_being_written_when_it_was_cancelled_is_written_first_next_time():
    table, hold = Table(), asyncio.Event()
    real, entered = table.write, asyncio.Event()

    async def write(entries):
        if not hold.is_set():
            entered.set()
            await hold.wait()
        await real(entries)

    recorder = Recorder(write, name="test", most=2, poisoned=table.dispose)
    for n in range(5):
        recorder.put(n)
    task = asyncio.create_task(recorder.run())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    hold.set()
    await drained(recorder)

    assert table.written == list(range(5))


async def test_who_takes_a_group_back_when_the_database_is_away_is_not_asked_again():
    table, taken = Table(), []
    table.failures = [_AWAY]
    recorder = Recorder(
        table.write, name="test", most=9, poisoned=table.dispose, away=lambda entries: not taken.extend(entries)
    )
    recorder.put(1)
    await drained(recorder)
    await until(lambda: taken == [1])

    assert table.written == []
