"""The statement that settles nearly every receipt."""

from smsflow import testing
from smsflow.domain.message import Status
from smsflow.store.messages import receipts
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.transactions import text
from tests.dispatch.stage import a_message, accepted, row

_SENT = text("UPDATE message SET status = 2 WHERE id = :id")
_PART = text("""
INSERT INTO part (company_id, message_id, attempt, account_id, reference, exact, number, total)
VALUES (:company, :id, 1, 1, lower(:reference), :reference, 1, 1)
""")


async def sent(platform, company, connector, reference):
    (message_id,) = await accepted(platform, a_message(company, connector))
    async with platform.database.transaction() as tx:
        await tx.execute(_SENT, {"id": message_id})
        await tx.execute(_PART, {"company": company.id, "id": message_id, "reference": reference})
    return await row(platform, message_id)


def delivered(reference, number):
    return News(1, reference, Status.DELIVERED, refused=False, error=None, number=number, sender="AWA")


async def test_of_two_receipts_that_find_one_message_only_the_one_with_its_number_is_settled(platform):
    company, connector = await testing.a_company(platform), await testing.a_connector(platform)
    older = await sent(platform, company, connector, "X48WP3FZ")
    newer = await sent(platform, company, connector, "x48WP3Fz")
    news = [delivered("00x48wp3fz", older.number), delivered("x48WP3Fz", newer.number)]

    async with platform.database.transaction() as tx:
        settled = await receipts.deliver(tx, news, near=newer.id, now=older.created_at)

    assert settled == {1}
    assert [(await row(platform, m.id)).status for m in (older, newer)] == [Status.SENT, Status.DELIVERED]
