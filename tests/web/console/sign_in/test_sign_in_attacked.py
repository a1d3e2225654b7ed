"""Signing in under attack: limits hold and lock nobody else out, time and answers tell nothing, and no other site has a part in it."""

import asyncio
from urllib.parse import quote, urljoin, urlsplit

import pytest

from smsflow import testing
from smsflow.domain.access import Role
from smsflow.services.accounts import people

HERE = "https://sms.example"


@pytest.fixture
async def site(open_site):
    """The application behind a proxy, so that a test says which address somebody has."""
    async with open_site(trusted_proxies="127.0.0.1") as site:
        yield site


@pytest.fixture
async def awa(site, a_person):
    company = await testing.a_company(site.platform)
    await a_person("awa", company)
    return company


async def knock(browser, username, password, address):
    browser.cookie = None
    return (
        await browser.post(
            "/sign-in", {"username": username, "password": password}, hidden=False, X_Forwarded_For=address
        )
    ).status_code


async def test_after_ten_failures_the_right_password_works_from_elsewhere_alone(browser, awa):
    for _ in range(10):
        assert await knock(browser, "awa", "wrong", "198.51.100.1") == 422

    assert await knock(browser, "awa", testing.PASSWORD, "198.51.100.1") == 429
    assert await knock(browser, "awa", testing.PASSWORD, "198.51.100.2") == 303


async def test_an_attack_on_one_user_from_one_address_locks_no_other_user_out(browser, awa, a_person):
    await a_person("bea", awa)
    for _ in range(12):
        await knock(browser, "awa", "wrong", "198.51.100.1")

    assert await knock(browser, "bea", testing.PASSWORD, "198.51.100.1") == 303


async def test_an_attack_from_many_addresses_ends_at_fifty_and_the_person_still_gets_in_from_a_known_one(browser, awa):
    assert await knock(browser, "awa", testing.PASSWORD, "203.0.113.7") == 303
    answers = [await knock(browser, "awa", "wrong", f"198.51.100.{n // 10}") for n in range(51)]

    assert answers == [422] * 50 + [429]
    assert await knock(browser, "awa", testing.PASSWORD, "198.51.100.200") == 429
    assert await knock(browser, "awa", testing.PASSWORD, "203.0.113.7") == 303


async def test_an_address_that_guesses_names_is_stopped_at_a_hundred(browser, awa):
    answers = [await knock(browser, f"user-{n}", "wrong", "198.51.100.1") for n in range(101)]

    assert answers == [422] * 100 + [429]
    assert await knock(browser, "awa", testing.PASSWORD, "198.51.100.2") == 303


async def test_of_guesses_that_come_at_once_no_more_than_the_limit_are_looked_at(browser, awa, hasher):
    answers = await asyncio.gather(*(knock(browser, "awa", f"guess {n}", "198.51.100.1") for n in range(30)))

    assert sorted(answers) == [422] * 10 + [429] * 20
    assert len(hasher.compared) == 10


async def test_an_unknown_user_costs_an_argon2_of_the_same_parameters_and_gets_the_same_answer(browser, awa, hasher):
    wrong = await browser.sign_in("awa", "wrong")
    unknown = await browser.sign_in("iwa", "wrong")

    assert unknown.status_code == wrong.status_code
    assert unknown.text == wrong.text.replace('value="awa"', 'value="iwa"')
    of_awa, of_nobody = (h.rsplit("$", 2)[0] for h in hasher.compared)
    assert of_awa == of_nobody


async def test_a_session_that_was_planted_before_signing_in_is_never_the_persons(browser, awa):
    browser.cookie = ("__Host-smsflow", f"{awa.id}.planted")
    await browser.sign_in("awa")
    first = browser.cookie
    await browser.sign_in("awa")

    assert len({first, browser.cookie, ("__Host-smsflow", f"{awa.id}.planted")}) == 3
    browser.cookie = ("__Host-smsflow", f"{awa.id}.planted")
    assert (await browser.get("/me")).status_code == 303


async def test_a_change_of_role_ends_the_sessions_that_had_the_former_rights(browser, awa, a_person, site):
    bea = await a_person("bea", awa)
    await browser.sign_in("bea")
    async with site.platform.database.transaction() as tx:
        await people.set_role(tx, awa.id, bea, Role.READER)

    assert (await browser.get("/app/team")).status_code == 303


@pytest.mark.parametrize("address", ["/sign-in", "/reset", "/reset/x", "/invitations/x", "/me", "/app", "/app/nothing"])
async def test_no_page_is_shown_in_a_frame_or_runs_what_is_not_ours(browser, awa, address):
    await browser.sign_in("awa")
    page = await browser.get(address)

    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "%2f%2fevil.example",
        "%5c%5cevil.example",
        "//evil.example/%2e%2e",
        "/.//evil.example",
        "/@evil.example",
        "?next=//evil.example",
        "/app\r\nLocation: https://evil.example",
        "//evil.example@sms.example",
    ],
)
async def test_signing_in_leads_nowhere_but_to_this_site(browser, awa, wanted):
    await browser.get(f"/sign-in?next={quote(wanted)}")
    answer = await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD, "next": wanted})

    # As browsers read an address: a backslash is a slash, and tabs and line ends are not there.
    location = answer.headers["location"].replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert answer.status_code == 303
    assert urlsplit(urljoin(HERE, location))[:2] == ("https", "sms.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": None, "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": None, "Origin": "null"},
        {"Sec_Fetch_Site": None},
        {"Origin": "https://evil.example"},
    ],
)
async def test_another_sites_form_signs_nobody_in(browser, awa, headers):
    await browser.get("/sign-in")
    answer = await browser.post("/sign-in", {"username": "awa", "password": testing.PASSWORD}, **headers)

    assert answer.status_code == 403
    assert not answer.cookies
