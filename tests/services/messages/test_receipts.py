"""A receipt settles only what is its own: found by account and id, and never against its number."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.connectors import smpp
from smsflow.dispatch import sweep
from smsflow.domain.message import Status
from smsflow.store.messages import parked
from smsflow.store.routing import connectors
from tests.dispatch.dispatcher import a_dispatcher
from tests.dispatch.stage import execute, query, sound, statuses

OTHER = "+237690000002"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def dispatcher(platform):
    return await a_dispatcher(platform)


async def parked_receipts(platform):
    return len(await query(platform, "SELECT 1 FROM parked_receipt"))


@pytest.mark.parametrize("field", ["237690000001", "690000001", "0690000001", "237690***001"])
async def test_a_number_may_be_written_in_any_way(dispatcher, field):
    message = await dispatcher.sends("r1")
    await dispatcher.receives("r1", Status.DELIVERED, number=field)

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_the_number_may_stand_in_the_other_address_field(dispatcher):
    message = await dispatcher.sends("r1")
    await dispatcher.receives("r1", Status.DELIVERED, number="AWA", sender="237690000001")

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


@pytest.mark.parametrize("end", [(Status.DELIVERED, False), (Status.FAILED, True)])
@pytest.mark.parametrize("number", [OTHER, "690000002", "237690***002", "+33690000001"])
async def test_a_receipt_for_another_number_is_parked_and_moves_no_money(dispatcher, end, number):
    status, refused = end
    message = await dispatcher.sends("r1")
    await dispatcher.receives("r1", status, refused=refused, number=number)
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]
    assert await parked_receipts(dispatcher.platform) == 1
    assert await testing.balance(dispatcher.platform, dispatcher.company) == 99
    await sound(dispatcher.platform)


async def test_another_base_of_an_id_does_not_win_without_the_number(dispatcher):
    message = await dispatcher.sends("255")
    await dispatcher.receives("ff", Status.FAILED, refused=True, number=OTHER, forms=("ff", "255"))
    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]

    await dispatcher.receives("ff", Status.DELIVERED, forms=("ff", "255"))
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_an_id_that_is_used_again_reaches_the_open_message_whose_number_agrees(dispatcher):
    old = await dispatcher.sends("r1")
    new = await dispatcher.sends("r1", number=OTHER)
    await dispatcher.receives("r1", Status.DELIVERED)

    assert await statuses(dispatcher.platform, [old, new]) == [Status.DELIVERED, Status.SENT]


async def test_an_id_that_is_used_again_reaches_the_open_message_and_not_the_newer_one_that_has_ended(dispatcher):
    old = await dispatcher.sends("r1")
    new = await dispatcher.sends("r1")
    await execute(dispatcher.platform, "UPDATE message SET status = 4 WHERE id = :id", id=new)
    await dispatcher.receives("r1", Status.DELIVERED)

    assert await statuses(dispatcher.platform, [old, new]) == [Status.DELIVERED, Status.FAILED]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.FAILED])
async def test_ids_that_differ_only_in_case_are_two(dispatcher, status):
    lower = await dispatcher.sends("aB1")
    upper = await dispatcher.sends("Ab1")
    await dispatcher.receives("aB1", status)

    assert await statuses(dispatcher.platform, [lower, upper]) == [status, Status.SENT]


async def test_case_and_zeros_are_folded_when_nothing_has_the_id_as_it_stands(dispatcher):
    message = await dispatcher.sends("00aB1")
    await dispatcher.receives("AB1", Status.DELIVERED)

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_a_receipt_without_a_number_settles_the_only_open_message_with_its_id(dispatcher):
    message = await dispatcher.sends("r1")
    await dispatcher.receives("r1", Status.DELIVERED, number="", sender="")

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_a_receipt_without_a_number_settles_none_of_two(dispatcher):
    both = [await dispatcher.sends("r1"), await dispatcher.sends("r1", number=OTHER)]
    await dispatcher.receives("r1", Status.FAILED, refused=True, number="", sender="")
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, both) == [Status.SENT] * 2
    assert await parked_receipts(dispatcher.platform) == 1


async def test_a_receipt_that_repeats_what_is_known_is_not_parked(dispatcher):
    await dispatcher.sends("r1")
    for _ in range(2):
        await dispatcher.receives("r1", Status.DELIVERED)

    assert await parked_receipts(dispatcher.platform) == 0


@pytest.mark.parametrize("length", [66, 3000, 20_000])
async def test_an_id_that_is_too_long_is_kept_cut_and_never_matched(dispatcher, length):
    long = smpp.stored_reference("x" * length)
    message = await dispatcher.sends(long)
    await dispatcher.receives(long, Status.FAILED, refused=True)
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]
    assert await parked_receipts(dispatcher.platform) == 1


async def test_one_receipt_settles_a_long_message_whose_parts_have_one_id(dispatcher):
    message = await dispatcher.sends("r1", "r1", "r1")
    await dispatcher.receives("r1", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]

    await dispatcher.receives("r1", Status.FAILED, refused=True)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    await sound(dispatcher.platform)


async def test_two_parts_with_one_id_do_not_settle_a_third(dispatcher):
    message = await dispatcher.sends("r1", "r1", "r2")
    await dispatcher.receives("r1", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.SENT]

    await dispatcher.receives("r2", Status.DELIVERED)
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_a_receipt_still_finds_its_message_after_its_connector_changed(dispatcher):
    message = await dispatcher.sends("r1")
    async with dispatcher.platform.database.transaction() as tx:
        (before,) = await connectors.connectors(tx)
        await connectors.set_connector(tx, "operator", {"host": "10.0.0.9", "port": 9999, "system_id": "new"})
        (after,) = await connectors.connectors(tx)
    await dispatcher.receives("r1", Status.DELIVERED)

    assert after.account_id == before.account_id
    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_connectors_that_are_added_with_one_address_and_system_id_share_an_account(platform):
    first = await testing.a_connector(platform, "first")
    second = await testing.a_connector(platform, "second")
    third = await testing.a_connector(platform, "third", system_id="other")
    await execute(platform, "DELETE FROM connector WHERE id = :id", id=first)
    fourth = await testing.a_connector(platform, "fourth")

    async with platform.database.autocommit() as tx:
        accounts = {c.id: c.account_id for c in await connectors.connectors(tx)}
    assert accounts == {second: first, third: third, fourth: first}


async def test_one_parked_id_with_a_control_character_does_not_hide_the_others(dispatcher):
    await dispatcher.receives("a\nb", Status.DELIVERED, forms=("c\nd",))
    await dispatcher.receives("r1", Status.DELIVERED, forms=("x", "y"))
    message = await dispatcher.sends("r1")
    await dispatcher.waits_for_answers()

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]
    assert await query(dispatcher.platform, "SELECT forms FROM parked_receipt") == [(["c\nd"],)]


@pytest.mark.parametrize("newest", [True, False])
async def test_receipts_that_never_find_a_message_do_not_hide_newer_or_older_ones(dispatcher, monkeypatch, newest):
    monkeypatch.setattr(sweep, "_MOST", 3)
    foreign = [f"foreign {n}" for n in range(8)]
    for reference in [*foreign, "r1"] if newest else ["r1", *foreign]:
        await dispatcher.receives(reference, Status.DELIVERED)
    message = await dispatcher.sends("r1")
    settle = dispatcher.sweep._settle_young_receipts if newest else dispatcher.sweep._settle_old_receipts
    await settle()

    assert await statuses(dispatcher.platform, [message]) == [Status.DELIVERED]


async def test_parked_receipts_are_looked_at_page_by_page_and_from_the_front_again(dispatcher, monkeypatch):
    monkeypatch.setattr(sweep, "_MOST", 3)
    for n in range(7):
        await dispatcher.receives(f"r{n}", Status.DELIVERED)
    last = await dispatcher.sends("r6")
    for _ in range(3):
        await dispatcher.sweep._settle_old_receipts()
    assert await statuses(dispatcher.platform, [last]) == [Status.DELIVERED]

    first = await dispatcher.sends("r0")
    for _ in range(3):
        await dispatcher.sweep._settle_old_receipts()
    assert await statuses(dispatcher.platform, [first]) == [Status.DELIVERED]


async def test_of_an_account_only_so_many_parked_receipts_are_kept(dispatcher):
    for n in range(5):
        dispatcher.now += SECOND
        await dispatcher.receives(f"r{n}", Status.DELIVERED)
    async with dispatcher.platform.database.transaction() as tx:
        assert await parked.forget(tx, before=dispatcher.now - 60 * SECOND, most=3) == 2

    kept = await query(dispatcher.platform, "SELECT reference FROM parked_receipt ORDER BY id")
    assert [r.reference for r in kept] == ["r2", "r3", "r4"]
