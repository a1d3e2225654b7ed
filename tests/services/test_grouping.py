"""Group commit: what waits is written together, and everyone gets an answer."""

import asyncio

import pytest

from smsflow.errors import NotFound, Unavailable
from smsflow.services.grouping import GroupCommit


class Table:
    """What was written, in which groups."""

    def __init__(self, refuse=()):
        self.groups = []
        self.refuse = set(refuse)
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def write(self, entries):
        await self.let_go.wait()
        if self.refuse & set(entries):
            raise ValueError("poison")
        self.groups.append(list(entries))
        return [NotFound(what="sms", id=e) if e < 0 else e * 10 for e in entries]


@pytest.fixture
def commits():
    running = []

    def start(table, *, most=100, bound=100, patience=60):
        group = GroupCommit(table.write, name="test", most=most, bound=bound, patience=patience)
        running.append(asyncio.create_task(group.run()))
        return group

    yield start
    for task in running:
        task.cancel()


async def test_what_comes_while_a_group_is_written_is_written_together_next(commits):
    table = Table()
    table.let_go.clear()
    group = commits(table)
    answers = [group.add(0)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answers += [group.add(n) for n in range(1, 5)]
    table.let_go.set()

    assert await asyncio.gather(*answers) == [0, 10, 20, 30, 40]
    assert table.groups == [[0], [1, 2, 3, 4]]


async def test_a_group_has_its_most(commits):
    table = Table()
    group = commits(table, most=2)
    await asyncio.gather(*[group.add(n) for n in range(5)])

    assert [len(g) for g in table.groups] == [2, 2, 1]


async def test_a_refusal_is_one_entrys_alone(commits):
    group = commits(Table())
    found = await asyncio.gather(*[group.add(n) for n in (1, -1, 2)], return_exceptions=True)

    assert [type(f) for f in found] == [int, NotFound, int]


async def test_a_poisonous_entry_is_refused_and_the_others_are_written_alone(commits):
    table = Table(refuse=[2])
    group = commits(table)
    found = await asyncio.gather(*[group.add(n) for n in (1, 2, 3)], return_exceptions=True)

    assert [type(f) for f in found] == [int, Unavailable, int]
    assert table.groups == [[1], [3]]


async def test_draining_waits_for_the_last_answer(commits):
    table = Table()
    group = commits(table, most=1)
    answers = [group.add(n) for n in range(3)]
    await group.drain()

    assert all(a.done() for a in answers)


async def test_what_has_waited_too_long_is_refused_and_never_written(commits):
    table = Table()
    table.let_go.clear()
    group = commits(table, patience=1.0)
    being_written = group.add(1)
    await asyncio.sleep(0)
    old = group.add(2)
    await asyncio.sleep(1.2)
    young = group.add(3)
    table.let_go.set()

    assert (await being_written, await young) == (10, 30)
    with pytest.raises(Unavailable):
        await old
    assert table.groups == [[1], [3]]
