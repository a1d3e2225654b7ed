"""Group commit: waiting entries are written together and in order, nothing is lost while the database is away, and poison fails alone."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from psycopg import errors

from smsflow import observe
from smsflow.errors import NotFound, Unavailable
from smsflow.services import grouping
from smsflow.services.grouping import Answers, GroupCommit

_AWAY = errors.ConnectionException("away")
_WRONG = errors.ProgramLimitExceeded("index row size exceeds maximum")
_DEADLOCK = errors.DeadlockDetected("another was first")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(grouping, "_PAUSE", 0)


class Table:
    """The entries that were written and their groups, and the failures that come before."""

    def __init__(self, *, poison=(), error=_WRONG, failures=()):
        self.groups = []
        self.poison, self.error = set(poison), error
        self.failures = list(failures)
        self.aside = []
        self.hold = asyncio.Event()
        self.hold.set()

    @property
    def written(self):
        return [entry for group in self.groups for entry in group]

    async def write(self, entries):
        await self.hold.wait()
        if self.failures:
            raise self.failures.pop(0)
        if self.poison & set(entries):
            raise self.error
        self.groups.append(list(entries))

    async def set_aside(self, entry, error):
        if self.failures:
            raise self.failures.pop(0)
        self.aside.append((entry, type(error)))

    async def answer(self, entries):
        await self.write(entries)
        return [NotFound(what="sms", id=e) if e < 0 else e * 10 for e in entries]

    def group(self, *, most=100, **more):
        return GroupCommit(self.write, name="test", most=most, set_aside=self.set_aside, **more)

    def answers(self, *, most=100, bound=100, patience=60, **more):
        return Answers(self.answer, name="test", most=most, bound=bound, patience=patience, **more)


@asynccontextmanager
async def running(group):
    task = asyncio.create_task(group.run())
    try:
        yield group
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def written(group, *entries):
    for entry in entries:
        group.put(entry)
    async with asyncio.timeout(10), running(group):
        await group.drain()


async def test_entries_that_wait_are_written_together_and_in_order():
    table = Table()
    await written(table.group(most=4), *range(10))

    assert table.groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_a_database_that_is_away_is_waited_for():
    table = Table(failures=[_AWAY, TimeoutError(), _AWAY])
    await written(table.group(), 1, 2)

    assert table.groups == [[1, 2]]


async def test_an_entry_that_is_poison_is_set_aside_and_counted_and_the_others_are_written():
    def counted():
        return observe.registry.get_sample_value("smsflow_set_aside_total", {"path": "test"}) or 0

    before, table = counted(), Table(poison=[2])
    await written(table.group(), *range(4))

    assert (table.written, table.aside) == ([0, 1, 3], [(2, errors.ProgramLimitExceeded)])
    assert counted() == before + 1


async def test_poison_that_looks_like_an_outage_holds_the_others_only_for_a_bounded_number_of_tries():
    table = Table(poison=[2], error=errors.CrashShutdown("terminated by signal 11"))
    await written(table.group(), *range(4))

    assert (table.written, table.aside) == ([0, 1, 3], [(2, errors.CrashShutdown)])


async def test_a_deadlock_is_tried_again_one_by_one_and_sets_nothing_aside():
    table = Table(failures=[_DEADLOCK, _DEADLOCK])
    await written(table.group(), 1, 2)

    assert (table.groups, table.aside) == ([[1], [2]], [])


async def test_an_entry_that_cannot_even_be_set_aside_does_not_hold_the_others():
    table = Table(poison=[1])

    async def set_aside(_entry, _error):
        raise _WRONG

    await written(GroupCommit(table.write, name="test", most=100, set_aside=set_aside), 1, 2)

    assert table.written == [2]


async def test_an_entry_is_set_aside_once_the_database_is_back():
    table = Table(poison=[1])
    table.set_aside_failures = [_AWAY]
    real = table.set_aside

    async def set_aside(entry, error):
        if table.set_aside_failures:
            raise table.set_aside_failures.pop()
        await real(entry, error)

    await written(GroupCommit(table.write, name="test", most=100, set_aside=set_aside), 1)

    assert [entry for entry, _ in table.aside] == [1]


async def test_a_batch_that_was_being_written_at_a_cancel_is_written_first_next_time():
    table = Table()
    table.hold.clear()
    group = table.group(most=2)
    for n in range(5):
        group.put(n)
    async with running(group):
        await asyncio.sleep(0)
    table.hold.set()
    await written(group)

    assert table.written == list(range(5))


async def test_entries_written_one_by_one_before_a_cancel_are_not_written_again():
    table, second, let_go = Table(poison=[9]), asyncio.Event(), asyncio.Event()

    async def write(entries):
        if entries == [2]:
            second.set()
            await let_go.wait()
        await table.write(entries)

    group = GroupCommit(write, name="test", most=9, set_aside=table.set_aside)
    for n in (1, 2, 9):
        group.put(n)
    async with running(group):
        await second.wait()
    let_go.set()
    await written(group)

    assert table.written == [1, 2]


async def test_a_group_that_is_taken_back_while_the_database_is_away_is_not_written():
    table, taken = Table(failures=[_AWAY]), []
    group = table.group(away=lambda entries, _error: not taken.extend(entries))
    await written(group, 1)

    assert (taken, table.written) == ([1], [])


async def test_every_entry_gets_its_answer_and_what_comes_meanwhile_is_written_together():
    table = Table()
    table.hold.clear()
    async with running(table.answers()) as group:
        answers = [group.add(0)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answers += [group.add(n) for n in range(1, 5)]
        table.hold.set()

        assert await asyncio.gather(*answers) == [0, 10, 20, 30, 40]
    assert table.groups == [[0], [1, 2, 3, 4]]


async def test_a_refusal_is_one_entrys_alone():
    async with running(Table().answers()) as group:
        found = await asyncio.gather(*[group.add(n) for n in (1, -1, 2)], return_exceptions=True)

    assert [type(f) for f in found] == [int, NotFound, int]


async def test_a_poisonous_entry_is_refused_and_the_others_are_answered():
    table = Table(poison=[2], error=ValueError("poison"))
    async with running(table.answers()) as group:
        found = await asyncio.gather(*[group.add(n) for n in (1, 2, 3)], return_exceptions=True)

    assert [type(f) for f in found] == [int, Unavailable, int]
    assert table.groups == [[1], [3]]


async def test_nobody_waits_for_a_database_that_is_away():
    table = Table(failures=[_AWAY])
    async with running(table.answers()) as group:
        found = await asyncio.gather(group.add(1), group.add(2), return_exceptions=True)

    assert [type(f) for f in found] == [Unavailable, Unavailable]
    assert table.groups == []


async def test_draining_waits_for_the_last_answer():
    async with running(Table().answers(most=1)) as group:
        answers = [group.add(n) for n in range(3)]
        await group.drain()

    assert all(a.done() for a in answers)


async def test_beyond_the_bound_an_entry_is_refused_at_once():
    group = Table().answers(bound=1)
    group.add(1)

    with pytest.raises(Unavailable):
        group.add(2)


async def test_an_entry_that_has_waited_too_long_is_refused_and_never_written():
    table, now = Table(), [0.0]
    table.hold.clear()
    async with running(table.answers(patience=1.0, clock=lambda: now[0])) as group:
        being_written = group.add(1)
        await asyncio.sleep(0)
        old = group.add(2)
        now[0] = 1.2
        young = group.add(3)
        table.hold.set()

        assert (await being_written, await young) == (10, 30)
        with pytest.raises(Unavailable):
            await old
    assert table.groups == [[1], [3]]


async def _put(group, *entries):
    for entry in entries:
        group.put(entry)
    await group.drain()


async def _feed(group, entries):
    for entry in entries:
        group.put(entry)
        await asyncio.sleep(0)


@pytest.fixture
def _no_time(monkeypatch):
    monkeypatch.setattr(grouping, "_STEP", 0)


@pytest.mark.usefixtures("_no_time")
async def test_in_a_stream_entries_that_keep_coming_join_a_batch():
    table = Table()
    async with running(table.group(steps=5)) as group:
        await _put(group, *range(10))
        await _feed(group, [10, 11, 12])
        await group.drain()

    assert table.groups == [[*range(10)], [10, 11, 12]]


@pytest.mark.usefixtures("_no_time")
async def test_a_stream_is_waited_for_no_longer_than_its_steps_and_for_no_more_than_a_batch():
    table = Table()
    async with running(table.group(steps=5)) as group:
        await _put(group, *range(10))
        await _feed(group, range(10, 30))
        await group.drain()

    assert table.written == [*range(30)]
    assert [len(g) for g in table.groups[1:2]] == [6]


@pytest.mark.usefixtures("_no_time")
async def test_entries_that_came_alone_wait_for_nobody():
    table = Table()
    async with running(table.group(steps=5)) as group:
        await _put(group, 0)
        await _feed(group, [1, 2])
        await group.drain()

    assert table.groups == [[0], [1], [2]]


async def test_entries_that_wait_for_a_stream_are_written_when_their_writer_runs_again():
    table = Table()
    group = table.group(steps=1000)
    async with running(group):
        await _put(group, *range(10))
        group.put(10)
        await asyncio.sleep(0)
    async with running(group):
        await group.drain()

    assert table.written == [*range(11)]
