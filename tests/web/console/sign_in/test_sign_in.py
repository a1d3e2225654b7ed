"""Signing in: who gets a session, what limits say, and what a session is."""

from datetime import timedelta

import pyotp
import pytest

from smsflow import testing
from smsflow.domain.access import Role
from smsflow.services.accounts import people, sessions
from smsflow.web.console.sign_in.page import local_path


@pytest.fixture
async def awa(site, a_person):
    company = await testing.a_company(site.platform)
    await a_person("awa", company)
    return company


async def test_a_page_leads_to_the_sign_in_page_and_back(browser, awa):
    sent = await browser.get("/app/")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/app/")

    came_back = await browser.sign_in("awa", next="/me")

    assert (came_back.status_code, came_back.headers["location"]) == (303, "/me")
    assert (await browser.get("/app")).status_code == 200


async def test_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts(browser, awa):
    answer = await browser.sign_in("awa")

    cookie = answer.cookies["__Host-smsflow"]
    assert (cookie.secure, cookie.http_only, cookie.path, cookie.same_site) == (True, True, "/", "Lax")


@pytest.mark.parametrize(
    ("username", "password"), [("awa", "wrong"), ("nobody", testing.PASSWORD), ("", ""), ("\x00", "x")]
)
async def test_a_wrong_sign_in_says_one_sentence_for_every_reason(browser, awa, username, password):
    answer = await browser.sign_in(username, password)

    assert answer.status_code == 422
    assert "Le nom d’utilisateur ou le mot de passe est faux" in answer.text
    assert not answer.cookies


async def test_ten_failures_from_one_address_are_enough_and_another_address_still_gets_in(browser, awa):
    for _ in range(10):
        assert (await browser.sign_in("awa", "wrong")).status_code == 422

    refused = await browser.sign_in("awa")

    assert refused.status_code == 429
    assert "Trop d’essais" in refused.text
    assert int(refused.headers["retry-after"]) <= 15 * 60


async def test_right_sign_ins_are_not_counted(browser, awa):
    answers = [(await browser.sign_in("awa")).status_code for _ in range(12)]

    assert answers == [303] * 12


async def test_limits_end_with_their_period(browser, awa, site):
    for _ in range(10):
        await browser.sign_in("awa", "wrong")
    site.clock.advance(minutes=16)

    assert (await browser.sign_in("awa")).status_code == 303


async def test_a_session_ends_after_twelve_idle_hours(browser, awa, site):
    await browser.sign_in("awa")
    site.clock.advance(hours=11)
    assert (await browser.get("/me")).status_code == 200
    site.clock.advance(hours=12)

    assert (await browser.get("/me")).status_code == 303


async def test_a_session_lasts_thirty_days_at_most(browser, awa, site):
    await browser.sign_in("awa")
    for _ in range(30 * 24 // 10):
        site.clock.now += timedelta(hours=10)
        await browser.get("/me")
    site.clock.advance(hours=5)

    assert (await browser.get("/me")).status_code == 303


async def test_signing_out_ends_the_session(browser, awa):
    await browser.sign_in("awa")
    kept = browser.cookie
    await browser.get("/me")
    await browser.post("/sign-out", {})
    browser.cookie = kept

    assert (await browser.get("/me")).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\r\nx: y", ""],
)
def test_signing_in_never_leads_to_another_site(target):
    assert local_path(target) == ""


async def test_a_form_without_its_token_changes_nothing(browser, awa):
    await browser.sign_in("awa")
    answer = await browser.post("/me", {"full_name": "Mallory"}, hidden=False)

    assert answer.status_code == 403
    assert "Mallory" not in (await browser.get("/me")).text


async def test_a_form_of_another_site_changes_nothing(browser, awa):
    await browser.sign_in("awa")
    await browser.get("/me")
    answer = await browser.post("/me", {"full_name": "Mallory"}, Sec_Fetch_Site="cross-site")

    assert answer.status_code == 403


async def test_a_form_typed_when_the_session_had_ended_comes_back_after_signing_in(browser, awa, site):
    await browser.sign_in("awa")
    await browser.get("/me")
    site.clock.advance(hours=13)
    sent = await browser.post("/me", {"full_name": "Aïcha Njoya"})
    assert sent.status_code == 303
    browser.cookie = None
    await browser.get(sent.headers["location"])
    back = await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD})

    page = await browser.get(back.headers["location"])

    assert 'value="Aïcha Njoya"' in page.text


@pytest.mark.parametrize("how", ["revoked", "another role"])
async def test_a_form_typed_when_the_session_was_ended_comes_back_after_signing_in(browser, awa, a_person, site, how):
    await a_person("zoe", awa)
    await browser.sign_in("awa")
    await browser.get("/me")
    async with site.platform.database.transaction() as tx:
        person = (await people.named(tx, "awa")).person
        if how == "revoked":
            await sessions.end(tx, person, browser.cookie[1])
        else:
            await people.set_role(tx, person.company_id, person.id, Role.READER)

    sent = await browser.post("/me", {"full_name": "Aïcha Njoya"})
    assert "kept=" in sent.headers["location"]
    browser.cookie = None
    await browser.get(sent.headers["location"])
    back = await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD})

    assert 'value="Aïcha Njoya"' in (await browser.get(back.headers["location"])).text


async def test_a_form_acts_once_however_often_it_is_sent(browser, awa, site):
    await browser.sign_in("awa")
    await browser.get("/me")
    fields = {**browser.hidden(), "full_name": "Aïcha"}
    answers = [await browser.post("/me", fields, hidden=False) for _ in range(2)]

    assert [a.status_code for a in answers] == [303, 303]
    async with site.platform.database.transaction() as tx:
        assert list(await tx.execute("SELECT count(*) FROM audit WHERE act = 'profile changed'", {})) == [(1,)]


async def test_a_second_factor_is_asked_for_after_the_password_and_each_code_is_good_once(browser, awa, site):
    await browser.sign_in("awa")
    page = await browser.get("/me/second-factor")
    secret = page.text.split("<code>")[1].split("</code>")[0]
    totp = pyotp.TOTP(secret)
    shown = await browser.post("/me/second-factor", {"factor_code": totp.at(site.clock.now)})
    recovery = shown.text.split("<pre")[1].split(">")[1].split()[0]
    site.clock.advance(minutes=1)
    browser.cookie = None

    asked = await browser.sign_in("awa")
    code = totp.at(site.clock.now)
    pending = browser.hidden()["pending"]
    first = await browser.post("/sign-in", {"pending": pending, "code": code})
    again = await browser.post("/sign-in", {"pending": pending, "code": code}, hidden=False)
    by_recovery = await browser.post("/sign-in", {"pending": pending, "code": recovery}, hidden=False)
    recovery_again = await browser.post("/sign-in", {"pending": pending, "code": recovery}, hidden=False)

    assert 'name="code"' in asked.text
    statuses = [a.status_code for a in (first, again, by_recovery, recovery_again)]
    assert statuses == [303, 422, 303, 422]


async def test_codes_of_a_second_factor_are_read_as_people_type_and_paste_them(browser, awa, site):
    await browser.sign_in("awa")
    page = await browser.get("/me/second-factor")
    totp = pyotp.TOTP(page.text.split("<code>")[1].split("</code>")[0])
    code = totp.at(site.clock.now)
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    shown = await browser.post("/me/second-factor", {"factor_code": f"\u200f{arabic[:3]}\u2013{arabic[3:]}"})
    first, second = shown.text.split("<pre")[1].split(">")[1].split()[:2]
    browser.cookie = None

    await browser.sign_in("awa")
    pending = browser.hidden()["pending"]
    ways = [f" {first.upper()} ".replace("-", " \u2014 "), f"\u2068{second.replace('-', '')}\u2069"]
    answers = [await browser.post("/sign-in", {"pending": pending, "code": way}, hidden=False) for way in ways]

    assert [a.status_code for a in answers] == [303, 303]


async def test_ops_does_not_exist_for_a_companys_people(browser, awa):
    await browser.sign_in("awa")

    assert (await browser.get("/ops")).status_code == 404


async def test_the_platforms_people_are_led_to_ops(browser, awa, a_person):
    await a_person("root")
    answer = await browser.sign_in("root")

    assert answer.headers["location"] == "/ops"
    assert (await browser.get("/ops")).status_code == 200
    assert (await browser.get("/app")).status_code == 303


async def test_where_a_second_factor_is_demanded_nothing_but_ones_own_account_is_there_before_it_is_on(
    browser, awa, site
):
    await browser.sign_in("awa")
    async with site.platform.database.transaction() as tx:
        await tx.execute("UPDATE company SET second_factor = true", {})

    led = await browser.get("/app/contacts")

    assert (led.status_code, led.headers["location"]) == (303, "/me/second-factor")
    assert (await browser.get("/me/second-factor")).status_code == 200


async def test_the_token_of_a_form_is_written_anew_on_each_page_and_stays_good(signed_in):
    browser, _ = await signed_in("marketing")
    tokens = []
    for _ in range(2):
        await browser.get("/me")
        tokens.append(browser.hidden()["_token"])

    assert tokens[0] != tokens[1]
    for token in tokens:
        answer = await browser.post("/me", {"full_name": "Awa", "_token": token})
        assert answer.status_code == 303
        await browser.get("/me")


async def test_the_sessions_name_the_browser_and_the_one_that_looks(browser, awa):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
    for _ in range(2):
        await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD}, User_Agent=agent)

    page = (await browser.get("/me")).text

    assert page.count("Firefox sur Windows") == 2
    assert page.count("Ce navigateur") == 1
