"""The audit log of a company by author and by kind, however long it is."""

import pytest

from smsflow import testing
from smsflow.store.accounts import audit

_MANY = 25_000


@pytest.mark.parametrize(
    ("author", "act"), [("zoe", None), (None, "credits asked"), ("zoe", "credits asked")], ids=["author", "act", "both"]
)
async def test_an_old_act_is_found_behind_any_number_of_others(platform, author, act):
    company = await testing.a_company(platform)
    async with platform.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO audit (company_id, at, author, address, act, subject)
            SELECT %(company)s, now(), CASE WHEN n = 1 THEN 'zoe' ELSE 'awa' END, '127.0.0.1',
                CASE WHEN n = 1 THEN 'credits asked' ELSE 'contact written' END, n FROM generate_series(1, %(many)s) n""",
            {"company": company.id, "many": _MANY},
        )

    async with platform.database.autocommit() as tx:
        found = await audit.latest(tx, company.id, before=None, author=author, act=act, limit=50)
        newest = await audit.latest(tx, company.id, before=None, author=None, act=None, limit=2)

    assert [line.subject for line in found] == ["1"]
    assert [line.subject for line in newest] == [str(_MANY), str(_MANY - 1)]
