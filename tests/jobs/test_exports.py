"""Exports in the background: whatever is killed, one file comes of each."""

import asyncio
from datetime import timedelta

from smsflow import runtime, testing
from smsflow.jobs.exports import export_next
from smsflow.services.contacts import contacts
from smsflow.services.exports import making
from smsflow.services.exports.wanted import WantedFile
from tests.dispatch.stage import execute

NOW = runtime.now()
WANTED = WantedFile("contacts", {}, ["Numéro", "État", "Ajouté", "Dernier envoi"])


async def asked(platform, **company):
    shop = await testing.a_company(platform, **company)
    async with platform.database.transaction() as tx:
        await contacts.put(tx, shop, "690000001", {"prenom": "Awa"}, source="manual", now=NOW)
        return shop, await making.ask(tx, shop.id, WANTED, author="awa", now=NOW)


async def test_an_export_whose_process_died_is_made_anew_by_another(platform):
    shop, export = await asked(platform)
    async with platform.database.transaction() as tx:
        left = await making.claim(tx, now=NOW)
        await making.add_chunk(tx, shop.id, left.id, 0, b"half")

    assert not await export_next(platform.database, lambda: NOW + timedelta(seconds=10))
    assert await export_next(platform.database, lambda: NOW + timedelta(minutes=5))

    async with platform.database.autocommit() as tx:
        found = await making.show(tx, shop.id, export)
        body = await making.chunk(tx, shop.id, export, 0)
    assert (found.state, found.rows, found.size) == ("finished", 1, len(body))
    assert b"Awa" in body


async def test_an_export_whose_rows_cannot_be_read_has_failed(platform):
    shop, export = await asked(platform)
    await execute(platform, "UPDATE contact SET attributes = '5'")

    await export_next(platform.database, lambda: NOW)

    async with platform.database.autocommit() as tx:
        assert (await making.show(tx, shop.id, export)).state == "failed"


async def test_two_processes_make_two_exports(platform):
    await asked(platform)
    await asked(platform, name="Autre")

    made = await asyncio.gather(*(export_next(platform.database, lambda: NOW) for _ in range(3)))

    assert sorted(made) == [False, True, True]


async def test_the_files_of_exports_go_after_a_week(platform):
    shop, export = await asked(platform)
    await export_next(platform.database, lambda: NOW)

    async with platform.database.transaction() as tx:
        assert not await making.forget(tx, kept=making.KEPT, now=NOW + timedelta(days=6))
        assert await making.chunk(tx, shop.id, export, 0) is not None
        await making.forget(tx, kept=making.KEPT, now=NOW + timedelta(days=8))
        assert await making.chunk(tx, shop.id, export, 0) is None
        assert await making.latest(tx, shop.id) == []
