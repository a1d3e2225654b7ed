"""The log of messages, and one message with its timeline."""

from html import unescape

import pytest

from smsflow import testing
from smsflow.services.contacts import optouts
from smsflow.web.console.app.messages import words
from smsflow.web.console.shell.locale import french
from smsflow.web.console.shell.words import COMMANDS, SCOPES, SOURCES, STATUSES


@pytest.fixture
async def sent(site, signed_in):
    """Sign in as somebody of a company that has sent: `browser, ids = await sent("marketing", "690000001", …)`."""

    async def send(role, *numbers, text="Bonjour Awa", **company):
        browser, opened = await signed_in(role, credits=100, **company)
        await testing.a_route(site.platform)
        token = await testing.a_token(site.platform, opened)
        answers = [await site.send(token, number, text) for number in numbers]
        return browser, [a.json["sms_id"] for a in answers]

    return send


async def test_the_log_shows_the_newest_first_and_leads_to_each(sent):
    browser, ids = await sent("reader", "690000001", "690000002")

    page = await browser.get("/app/messages")

    assert page.status_code == 200
    assert page.text.index(f"/app/messages/{ids[1]}") < page.text.index(f"/app/messages/{ids[0]}")


async def test_the_log_is_filtered_by_the_end_of_a_number_a_status_and_a_day(sent, site):
    browser, ids = await sent("reader", "690000001", "690000002")
    today = f"{site.clock.local():%Y-%m-%d}"

    for query, shown in (
        ("q=6+90+00+00+01", {ids[0]}),
        ("q=%2B237690000002", {ids[1]}),
        ("status=1", set(ids)),
        ("status=3", set()),
        (f"day={today}", set(ids)),
        (f"day={today[8:]}/{today[5:7]}/{today[:4]}", set(ids)),
        ("day=2020-01-01", set()),
        ("campaign=1", set()),
    ):
        page = await browser.get(f"/app/messages?{query}")
        assert {one for one in ids if f"/app/messages/{one}" in page.text} == shown, query


@pytest.mark.parametrize(
    "query", ["status=99", "campaign=x", "campaign=99999999999999999999", "day=9999-12-31", "day=0001-01-01", "q=%00"]
)
async def test_an_address_that_makes_no_sense_is_a_page(sent, query):
    browser, _ = await sent("reader")

    assert (await browser.get(f"/app/messages?{query}")).status_code == 200


async def test_an_sms_id_leads_to_its_message(sent):
    browser, ids = await sent("reader", "690000001")

    answer = await browser.get(f"/app/messages?q={ids[0].lower()}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/app/messages/{ids[0]}")


async def test_an_sms_that_was_cancelled_for_its_reader_says_so(sent, site):
    browser, ids = await sent("reader", "690000001")
    async with site.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx, 1, ["+237690000001"], scope="all", source="manual", author="awa", now=site.platform.clock()
        )

    page = await browser.get(f"/app/messages/{ids[0]}")

    assert "Le destinataire s’est désinscrit." in unescape(page.text)


async def test_older_messages_are_on_the_next_page(sent):
    browser, ids = await sent("reader", *(f"6900000{n:02}" for n in range(52)))
    first = await browser.get("/app/messages")
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]

    second = await browser.get(older)

    assert [one in first.text for one in ids] == [False] * 2 + [True] * 50
    assert [one in second.text for one in ids] == [True] * 2 + [False] * 50
    assert 'rel="next"' not in second.text


async def test_a_message_shows_what_happened_and_its_text(sent):
    browser, ids = await sent("reader", "690000001", text="Bonjour <b>Awa</b>")

    page = await browser.get(f"/app/messages/{ids[0]}")

    assert "Attend de partir" in page.text
    assert "Bonjour &lt;b&gt;Awa&lt;/b&gt;" in page.text


async def test_an_accountant_sees_a_message_without_its_text(sent):
    browser, ids = await sent("accountant", "690000001", text="Bonjour Awa")

    page = await browser.get(f"/app/messages/{ids[0]}")

    assert page.status_code == 200
    assert "Bonjour Awa" not in page.text
    assert "Votre rôle ne donne pas accès aux textes." in page.text


async def test_a_failed_message_says_what_the_operator_wrote_and_what_it_means(sent, site):
    browser, ids = await sent("reader", "690000001")
    async with site.platform.database.transaction() as tx:
        await tx.execute("UPDATE message SET status = 4, sent_at = now(), done_at = now(), error = 'UNDELIV 001'", {})

    page = await browser.get(f"/app/messages/{ids[0]}")

    assert "UNDELIV 001" in page.text
    assert "Ce numéro n’est attribué à personne" in page.text


async def test_another_companys_message_is_not_found(sent, site):
    browser, _ = await sent("reader")
    _, token = await site.opened(credits=5)
    other = (await site.send(token)).json["sms_id"]

    assert (await browser.get(f"/app/messages/{other}")).status_code == 404


def test_every_word_of_a_table_has_its_french():
    said = [word for word, _ in [*STATUSES.values(), *COMMANDS.values(), *words.HAPPENINGS.values()]]
    assert {*said, *SOURCES.values(), *SCOPES.values(), *words._ERRORS.values(), *words._STATES.values()} <= set(
        french()
    )


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("UNDELIV 001", "This number is nobody's"),
        ("UNDELIV 027", "The phone was off"),
        ("EXPIRED", "could not be reached"),
        ("ESME_RINVSRCADR", "does not allow this sender"),
        ("ESME_RINVSERTYP", "has refused it"),
    ],
)
def test_an_operators_words_have_a_meaning(error, says):
    assert says in words.meaning(error)


@pytest.mark.parametrize("error", ["", "???", "0x999"])
def test_an_unknown_error_has_no_meaning(error):
    assert words.meaning(error) is None
