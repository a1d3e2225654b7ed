"""Array literals, as PostgreSQL reads them."""

import pytest

from smsflow.store.postgres.arrays import ints, octets, texts
from smsflow.store.postgres.transactions import text

_TEXTS = [
    [],
    [""],
    ["plain", "also plain"],
    ["a,b", "{c}", " d ", "NULL", "e\nf"],
    ['"', '","', 'a","b', "é"],
    ["\\", "\\x", "c"],
    [None, "x", None],
]


@pytest.mark.parametrize("given", _TEXTS)
async def test_texts_come_out_as_they_went_in(platform, given):
    async with platform.database.autocommit() as tx:
        found = (await tx.execute(text("SELECT CAST(:a AS text[])"), {"a": texts(given)})).scalar_one()

    assert found == given


async def test_integers_and_octets_come_out_as_they_went_in(platform):
    async with platform.database.autocommit() as tx:
        numbers = (await tx.execute(text("SELECT CAST(:a AS bigint[])"), {"a": ints([1, None, -2])})).scalar_one()
        bodies = (await tx.execute(text("SELECT CAST(:a AS bytea[])"), {"a": octets([b"", b'\x00"\\'])})).scalar_one()

    assert numbers == [1, None, -2]
    assert bodies == [b"", b'\x00"\\']
