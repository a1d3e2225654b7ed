from smsflow import testing
from smsflow.runtime import mail
from smsflow.services import credit_requests
from smsflow.store.mail import claim


async def test_a_request_for_credits_is_mailed_to_the_platforms_contact(open_platform):
    async with open_platform(smtp_url="smtp://127.0.0.1:1") as here:
        company, now = await testing.a_company(here), here.clock()
        async with here.database.transaction() as tx:
            await credit_requests.ask(
                tx, company, 50, note="bon 17", author="Awa", mail=mail(here), contact="ops@smsflow.example", now=now
            )
        async with here.database.transaction() as tx:
            letter = mail(here).opened(await claim(tx, now=now, leased_until=now))
            waiting = await credit_requests.pending(tx)

    assert letter.to == "ops@smsflow.example"
    assert "Awa, de Boutique Awa, demande 50 crédits" in letter.text
    assert [(r.company_id, r.amount, r.note) for r in waiting] == [(company.id, 50, "bon 17")]
