"""Imports beside what else happens to lists and contacts."""

import asyncio

import pytest

from smsflow import runtime, testing
from smsflow.domain.contact import MAX_ATTRIBUTES
from smsflow.errors import ParameterInvalid
from smsflow.jobs.imports import run_import
from smsflow.services.contacts import contacts, importing, lists
from smsflow.services.contacts.reading import TOO_MANY_ATTRIBUTES
from smsflow.sheets.columns import Column, Mapping
from smsflow.sheets.layout import FileKind, Layout
from smsflow.sheets.row import Record
from tests.dispatch.stage import query
from tests.waiting import until

NOW = runtime.now()
NUMBER = "+237690000001"


@pytest.fixture
async def shop(platform):
    """A company with one contact in one list."""
    company = await testing.a_company(platform)
    async with platform.database.transaction() as tx:
        await contacts.put(tx, company, NUMBER, {f"a{n}": "x" for n in range(MAX_ATTRIBUTES)}, source="manual", now=NOW)
        found = await contacts.find(tx, company, NUMBER)
        await lists.put_in(tx, company.id, found.id, "Clients", now=NOW)
    return company


async def imported(platform, company, *records, into=()):
    """Import rows; return what came of them."""
    plan = importing.ImportPlan(Layout(FileKind.CSV), Mapping((Column(0, "number", "number"),)), lists=tuple(into))
    async with platform.database.transaction() as tx:
        import_id = await importing.begin(tx, company.id, file_name="x.csv", size=1, plan=plan, now=NOW)
        return await importing.step(tx, company, import_id, records, after=0, last=True, now=NOW)


async def test_a_row_that_would_give_a_contact_too_many_attributes_is_refused_and_changes_nothing(platform, shop):
    (list_id,) = [one for (one,) in await query(platform, "SELECT id FROM contact_list")]
    rows = (
        Record(1, (NUMBER,), {"ville": "Douala"}),
        Record(2, ("690000002",), {"ville": "Kribi"}),
    )

    done = await imported(platform, shop, *rows, into=[list_id])

    assert (done.new, done.updated, done.invalid, done.reasons) == (1, 0, 1, {TOO_MANY_ATTRIBUTES: 1})
    async with platform.database.transaction() as tx:
        (refused,) = await importing.refused_rows(tx, shop.id, done.id)
        assert (refused.row, refused.cells) == (1, [NUMBER, "Douala"])
        assert "ville" not in (await contacts.find(tx, shop, NUMBER)).attributes


async def test_a_contact_that_is_full_takes_another_value_and_no_other_attribute(platform, shop):
    async with platform.database.transaction() as tx:
        await contacts.put(tx, shop, NUMBER, {"a1": "y"}, source="manual", now=NOW)
        with pytest.raises(ParameterInvalid):
            await contacts.put(tx, shop, NUMBER, {"ville": "Douala"}, source="manual", now=NOW)
        kept = (await contacts.find(tx, shop, NUMBER)).attributes

    assert (kept["a1"], len(kept)) == ("y", MAX_ATTRIBUTES)


async def test_an_import_into_a_list_that_somebody_deleted_goes_on_without_it(platform, shop):
    done = await imported(platform, shop, Record(1, ("690000002",), {}), into=[2**40])

    assert (done.state, done.new) == ("finished", 1)


async def test_deleting_a_list_and_a_contact_of_it_at_once_wait_for_each_other_in_one_order(platform, shop):
    async def delete_list():
        async with platform.database.transaction() as tx:
            await lists.delete_list(tx, shop.id, "Clients")

    async def delete_contact():
        async with platform.database.transaction() as tx:
            await contacts.delete(tx, shop, NUMBER)

    async def waiting():
        ((number,),) = await query(platform, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return number

    async with platform.database.transaction() as tx:
        # It counts what it puts in: both wait for it.
        await contacts.put(tx, shop, "690000003", {}, source="manual", now=NOW)
        await lists.put_in(tx, shop.id, (await contacts.find(tx, shop, "690000003")).id, "Clients", now=NOW)
        first = asyncio.create_task(delete_list())
        await until(waiting)
        second = asyncio.create_task(delete_contact())
        await until(lambda: two_of(waiting))

    await asyncio.gather(first, second)
    assert await query(platform, "SELECT count(*) FROM contact_in_list") == [(0,)]


async def two_of(waiting):
    return await waiting() == 2


async def test_rows_beyond_what_an_import_takes_are_told_and_those_before_them_stay(platform, shop, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS", 2)
    rows = [Record(n, (f"69000001{n}",), {}) for n in range(1, 4)]

    done = await imported(platform, shop, *rows)

    assert (done.state, done.rows, done.new) == ("failed", 2, 2)
    assert "more than 2 rows; those after row 2 were not read" in done.why


async def test_an_import_that_can_never_be_read_ends_and_says_so(platform, shop):
    plan = importing.ImportPlan(Layout(FileKind.CSV, "no-such-encoding", ";"), Mapping((Column(0, "n", "number"),)))
    async with platform.database.transaction() as tx:
        import_id = await importing.begin(tx, shop.id, file_name="x.csv", size=1, plan=plan, now=NOW)
        await importing.add_chunk(tx, shop.id, import_id, 0, b"690000002\n")

    await run_import(platform.database, shop.id, import_id, runtime.now)

    async with platform.database.transaction() as tx:
        ended = await importing.show(tx, shop.id, import_id)
    assert (ended.state, ended.why) == (
        "failed", "A row cannot be read or stored (LookupError): save the file again as CSV, or ask the platform.",
    )  # fmt: skip
