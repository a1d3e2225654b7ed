"""STOP, START and HELP by SMS: for which company, what is done, and what is answered."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import Kind
from smsflow.services import inbound
from smsflow.services.contacts import optouts
from smsflow.services.messages.submit import submit
from smsflow.services.routing import numbers
from smsflow.store.inbound import InboundPart
from tests.dispatch.stage import a_message, execute, query, sound

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
AWA = "+237690000001"


@pytest.fixture
async def desk(platform):
    return await Handsets(platform).open()


class Handsets:
    """Two companies behind one connector, and the handsets that answer them."""

    def __init__(self, platform):
        self.platform, self.sequences, self.now = platform, itertools.count(1), NOON

    async def open(self):
        self.connector = await testing.a_connector(self.platform, "operator")
        self.awa = await testing.a_company(self.platform, name="Boutique Awa")
        self.paul = await testing.a_company(self.platform, name="Chez Paul", sender="PAUL")
        return self

    async def own(self, number, company=None, keyword=None):
        async with self.platform.database.transaction() as tx:
            await numbers.add(
                tx, number, connector="operator", company_id=company.id if company else None, keyword=keyword
            )

    async def write(self, text, *, source="237690000001", to="8080"):
        part = InboundPart(
            self.connector, source, to, 0, 1, 1, 0, 0, 0, 0, text.encode(), NOON - timedelta(hours=1),
            next(self.sequences), "", self.now,
        )  # fmt: skip
        async with self.platform.database.transaction() as tx:
            await inbound.receive(tx, self.connector, [part], fingerprint=self.platform.vault.fingerprint, now=self.now)

    async def market(self, company, campaign_id=None):
        message = a_message(company, self.connector, number=AWA, kind=Kind.MARKETING, campaign_id=campaign_id)
        async with self.platform.database.transaction() as tx:
            (answer,) = await submit(tx, [message], fingerprint=self.platform.vault.fingerprint, now=self.now)
        return answer

    async def inbound(self):
        return [
            tuple(r) for r in await query(self.platform, "SELECT company_id, keyword, command FROM inbound ORDER BY id")
        ]

    async def opted_out(self):
        return [
            tuple(r) for r in await query(self.platform, "SELECT company_id, number, source FROM opt_out ORDER BY 1")
        ]

    async def replies(self):
        rows = await query(self.platform, "SELECT sender, number, text FROM message WHERE kind = 1 ORDER BY id")
        return [tuple(r) for r in rows]


async def test_a_stop_to_a_companys_number_opts_out_of_its_marketing_and_is_answered_for_nothing(desk):
    await desk.own("8080", desk.awa)

    await desk.write("Stop svp")

    assert await desk.inbound() == [(desk.awa.id, None, "stop")]
    assert await desk.opted_out() == [(desk.awa.id, AWA, "sms")]
    text = "Boutique Awa : vous ne recevrez plus nos SMS publicitaires. Pour les recevoir à nouveau : START."
    assert await desk.replies() == [("8080", AWA, text)]
    assert await testing.balance(desk.platform, desk.awa) == 10
    await sound(desk.platform)


async def test_a_shared_number_finds_its_company_by_the_keyword_first_or_behind_the_word(desk):
    await desk.own("8080")
    await desk.own("8080", desk.awa, "awa")
    await desk.own("8080", desk.paul, "PAUL")

    await desk.write("AWA bonjour")
    await desk.write("stop paul")

    assert await desk.inbound() == [(desk.awa.id, "awa", None), (desk.paul.id, "paul", "stop")]
    assert [text[-12:] for _, _, text in await desk.replies()] == [" START PAUL."]


@pytest.mark.parametrize("text", ["STOPPAUL", "Stop la pub de Paul svp", "stop, merci, paul"])
async def test_a_stop_finds_its_company_wherever_its_keyword_stands(desk, text):
    await desk.own("8080")
    await desk.own("8080", desk.paul, "PAUL")
    await desk.market(desk.awa)

    await desk.write(text)

    assert await desk.inbound() == [(desk.paul.id, "paul", "stop")]


async def test_a_keyword_within_a_sentence_leads_nowhere(desk):
    await desk.own("8080")
    await desk.own("8080", desk.paul, "PAUL")
    await desk.market(desk.awa)

    await desk.write("je ne connais pas Paul")

    assert await desk.inbound() == [(desk.awa.id, None, None)]


async def test_an_answer_on_a_shared_number_has_the_keyword_of_the_company_that_it_was_for(desk):
    await desk.own("8080")
    await desk.own("8080", desk.awa, "AWA")
    await desk.market(desk.awa)

    await desk.write("STOP")

    assert [text[-11:] for _, _, text in await desk.replies()] == [" START AWA."]


async def test_without_a_keyword_an_sms_is_for_the_company_that_last_wrote_marketing_to_the_handset(desk):
    await desk.own("8080")
    await desk.market(desk.awa)
    await desk.market(desk.paul)

    await desk.write("STOP")
    await desk.write("STOP", source="237690000002")

    assert await desk.inbound() == [(desk.paul.id, None, "stop"), (None, None, "stop")]
    assert await desk.opted_out() == [(desk.paul.id, AWA, "sms")]


async def test_start_undoes_stop_and_marketing_is_accepted_again(desk):
    await desk.own("8080", desk.awa)

    await desk.write("STOP")
    refused = await desk.market(desk.awa)
    await desk.write("START")
    accepted = await desk.market(desk.awa)

    assert (type(refused).__name__, type(accepted)) == ("OptedOut", int)
    assert len(await desk.replies()) == 2


async def test_an_answer_and_an_opt_out_count_once_for_the_campaign_that_last_wrote_marketing_to_the_handset(desk):
    await desk.own("8080")
    await desk.own("8081", desk.paul)
    first, second = [
        await testing.a_campaign(desk.platform, desk.awa, name, kind=Kind.MARKETING) for name in ("Noël", "Soldes")
    ]
    await desk.market(desk.awa, first)
    await desk.write("Combien ?")
    await desk.market(desk.awa, second)

    for text in ("Et samedi ?", "AIDE", "STOP", "STOP", "Merci"):
        await desk.write(text)
    await desk.write("Bonjour", to="8081")
    await desk.write("Bonjour", source="237690000002")

    counted = await query(
        desk.platform, "SELECT company_id, campaign_id, opt_outs, replies FROM campaign_response ORDER BY campaign_id"
    )
    assert [tuple(r) for r in counted] == [(desk.awa.id, first, 0, 1), (desk.awa.id, second, 1, 2)]


async def test_each_answer_leaves_once_a_day_for_a_handset(desk):
    await desk.own("8080", desk.awa)
    for _ in range(3):
        await desk.write("STOP")
    await desk.write("aide")
    desk.now = NOON + timedelta(days=1)
    await desk.write("STOP")

    assert [text.split(":")[1][:26] for _, _, text in await desk.replies()] == [
        " vous ne recevrez plus nos", " pour ne plus recevoir nos", " vous ne recevrez plus nos",
    ]  # fmt: skip
    await sound(desk.platform)


async def test_the_answer_to_stop_leaves_although_its_reader_wants_nothing_at_all(desk):
    await desk.own("8080", desk.awa)
    async with desk.platform.database.transaction() as tx:
        await optouts.opt_out(tx, desk.awa.id, [AWA], scope="all", source="manual", author="awa", now=NOON)

    await desk.write("STOP")

    assert len(await desk.replies()) == 1
    assert await query(desk.platform, "SELECT count(*) FROM queue") == [(1,)]


async def test_a_company_without_credits_answers_as_well(desk):
    poor = await testing.a_company(desk.platform, name="Pauvre", credits=0)
    await desk.own("8081", poor)

    await desk.write("STOP", to="8081")

    assert len(await desk.replies()) == 1
    await sound(desk.platform)


async def test_a_company_answers_in_its_own_words_and_else_in_its_language(desk):
    await desk.own("8080", desk.awa)
    await desk.own("8081", desk.paul)
    await execute(
        desk.platform,
        "UPDATE company SET stop_reply = 'Ndolè {company}', language = 'en' WHERE id = :id",
        id=desk.awa.id,
    )
    await execute(desk.platform, "UPDATE company SET language = 'en' WHERE id = :id", id=desk.paul.id)

    await desk.write("STOP")
    await desk.write("STOP", to="8081")

    assert [text for _, _, text in await desk.replies()] == [
        "Ndolè Boutique Awa",
        "Chez Paul: you will get no more marketing SMS from us. To get them again: START.",
    ]


async def test_a_number_written_as_at_home_is_that_of_the_companys_country(desk):
    await desk.own("8080", desk.awa)

    await desk.write("STOP", source="690000001")

    assert await desk.opted_out() == [(desk.awa.id, AWA, "sms")]


async def test_an_sms_without_a_company_is_stored_and_nothing_else_happens(desk):
    await desk.write("STOP", source="Orange", to="")

    assert await desk.inbound() == [(None, None, "stop")]
    assert await desk.replies() == []
