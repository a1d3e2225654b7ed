"""Old rows are removed a batch at a time, and nothing else with them."""

from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.errors import NotFound
from smsflow.services import audit
from smsflow.services.accounts import senders
from smsflow.services.accounts.senders import Joined
from smsflow.services.audit import Actor
from smsflow.services.upkeep import retention
from tests.dispatch.stage import query

NOW = runtime.now()
_DAYS = timedelta(days=1)
_DOCUMENT = Joined("registre.pdf", b"%PDF-1.7")


async def test_old_acts_go_a_batch_at_a_time_and_the_new_of_each_company_stay(platform, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    async with platform.database.transaction() as tx:
        for company_id in (None, 1, 2):
            for days in (40, 35, 5):
                actor = Actor("awa", "::1", company_id)
                await audit.record(tx, actor, "opted out", f"{days}", now=NOW - days * _DAYS)

    more = []
    while not more or more[-1]:
        async with platform.database.transaction() as tx:
            more.append(await retention.forget_audit(tx, kept=30 * _DAYS, now=NOW))

    assert more == [True, True, True, False]
    assert await query(platform, "SELECT company_id, subject FROM audit ORDER BY 1") == [(0, "5"), (1, "5"), (2, "5")]


@pytest.mark.parametrize(
    ("decided", "days", "gone"),
    [("refused", 40, True), ("refused", 20, False), ("approved", 40, False), (None, 40, False)],
)
async def test_the_document_of_a_sender_goes_when_it_was_refused_long_ago(platform, decided, days, gone):
    company = await testing.a_company(platform)
    async with platform.database.transaction() as tx:
        sender = await senders.ask_for(
            tx, company.id, "BOUTIQUE", use="Promotions", joined=_DOCUMENT, now=NOW - 50 * _DAYS
        )
        if decided is not None:
            await senders.decide(
                tx, company.id, sender, approved=decided == "approved", reason="", by="ops", now=NOW - days * _DAYS
            )

    async with platform.database.transaction() as tx:
        await retention.forget_documents(tx, kept=30 * _DAYS, now=NOW)

    async with platform.database.transaction() as tx:
        request = (await senders.requests(tx, company.id))[sender]
        assert (request.use, request.document_name) == ("Promotions", None if gone else "registre.pdf")
        if gone:
            with pytest.raises(NotFound):
                await senders.document(tx, company.id, sender)
        else:
            assert (await senders.document(tx, company.id, sender))[2] == _DOCUMENT.body
