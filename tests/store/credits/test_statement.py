"""The ledger of a company by cause, however long it is."""

from smsflow import testing
from smsflow.store.credits import statement

_MANY = 30_000


async def test_a_purchase_is_found_behind_any_number_of_charges(platform):
    company = await testing.a_company(platform, credits=5)
    async with platform.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO ledger (company_id, amount, reason, messages, created_at)
            SELECT %(company)s, -1, 'charge', 1, now() FROM generate_series(1, %(many)s)""",
            {"company": company.id, "many": _MANY},
        )
    async with platform.database.autocommit() as tx:
        await tx.execute("ANALYZE ledger")
        parameters = {"company_id": company.id, "reason": "credit", "before": 2**62, "limit": 50}
        plan = "\n".join(line for (line,) in await tx.execute(f"EXPLAIN {statement._OF_CAUSE}", parameters))

        bought = await statement.lines(tx, company.id, reason="credit", before=None, limit=50)
        first = await statement.lines(tx, company.id, reason="charge", before=None, limit=50)
        rest = await statement.lines(tx, company.id, reason="charge", before=first[-1].id, limit=_MANY)

    assert [line.amount for line in bought] == [5]
    assert (len(first), len(rest)) == (50, _MANY - 50)
    assert "ledger_cause" in plan


async def test_another_companys_lines_are_not_found(platform):
    company, other = await testing.a_company(platform, name="A"), await testing.a_company(platform, name="B", credits=7)

    async with platform.database.autocommit() as tx:
        found = await statement.lines(tx, company.id, reason="credit", before=None, limit=9)

    assert other.id != company.id
    assert [line.amount for line in found] == [10]
