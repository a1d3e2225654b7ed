"""A company that falls below its threshold is told once, and again only after it was above."""

from smsflow import testing
from smsflow.runtime import mail
from smsflow.services import credits
from smsflow.services.upkeep import credit_alerts
from smsflow.store.mail import claim
from tests.dispatch.stage import execute


async def warned(here):
    """Look once; return whom was written to."""
    now = here.clock()
    async with here.database.transaction() as tx:
        await credit_alerts.warn(tx, mail=mail(here), now=now)
    letters = []
    async with here.database.transaction() as tx:
        while (found := await claim(tx, now=now, leased_until=now.replace(year=2100))) is not None:
            letters.append(mail(here).opened(found))
    return letters


async def test_administrators_and_accountants_get_one_letter_until_it_was_above_again(open_platform):
    async with open_platform(smtp_url="smtp://127.0.0.1:1") as here:
        company = await testing.a_company(here, credits=10)
        for role in ("admin", "accountant", "marketing"):
            await testing.a_user(here, company, username=role, password=None)
            await execute(
                here,
                "UPDATE account_user SET role = :role, email = :email WHERE username = :role",
                role=role,
                email=f"{role}@example.com",
            )
        assert await warned(here) == []
        await execute(here, "UPDATE company SET alert_below = 20")

        first, again = await warned(here), await warned(here)

        assert [letter.to for letter in first] == ["accountant@example.com", "admin@example.com"]
        assert "Il reste 10 crédits à Boutique Awa" in first[0].text
        assert again == []
        for amount in (100, -100):
            async with here.database.transaction() as tx:
                await credits.add_credit(tx, company.id, amount, note="", now=here.clock())
            last = await warned(here)
        assert len(last) == 2
