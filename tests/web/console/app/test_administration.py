"""The team, the audit log and the settings of a company: for administrators, each act recorded."""

import asyncio

import pytest

from smsflow.domain.access import Role
from smsflow.services.accounts import companies, people


async def settings_of(site, company):
    async with site.platform.database.transaction() as tx:
        return (await companies.account(tx, company.id)).company


async def test_a_role_is_changed_with_its_line_in_the_audit_log(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")

    answer = await browser.post("/app/team", {"do": "role", "person": person, "role": "accountant"})

    assert answer.status_code == 303
    assert "role: reader → role: accountant" in (await browser.get("/app/audit")).text


@pytest.mark.parametrize("act", [{"do": "role", "role": "reader"}, {"do": "disable"}])
async def test_the_last_administrator_stays(site, signed_in, act):
    browser, company = await signed_in("admin")
    async with site.platform.database.transaction() as tx:
        query = f"SELECT id FROM account_user WHERE company_id = {company.id}"
        (me,) = (await tx.execute(query, {})).one()
    await browser.get("/app/team")

    page = await browser.post("/app/team", {**act, "person": me})

    assert page.status_code == 422
    assert "nommez-en d’abord un autre" in page.text


async def test_two_administrators_who_demote_each_other_at_once_leave_one(site, a_person):
    company, _ = await site.opened()
    both = [await a_person(name, company) for name in ("awa", "bea")]
    begun = asyncio.Barrier(2)

    async def demote(person):
        async with site.platform.database.transaction() as tx:
            await people.find(tx, company.id, person)
            await begun.wait()
            await people.set_role(tx, company.id, person, Role.READER)

    ended = await asyncio.gather(*map(demote, both), return_exceptions=True)

    assert sorted(type(e).__name__ for e in ended) == ["NoneType", "ParameterInvalid"]


async def test_somebody_disabled_signs_in_no_more(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")
    await browser.post("/app/team", {"do": "disable", "person": person})
    browser.cookie = None

    assert (await browser.sign_in("clarisse")).status_code == 422


async def test_another_companys_person_is_not_found(site, signed_in, a_person):
    other, _ = await site.opened()
    person = await a_person("clarisse", other, role="reader")
    browser, _ = await signed_in("admin")
    await browser.get("/app/team")

    assert (await browser.post("/app/team", {"do": "disable", "person": person})).status_code == 404


async def test_settings_are_changed_with_what_changed_in_the_audit_log(site, signed_in):
    browser, company = await signed_in("admin")
    await browser.get("/app/settings")
    wanted = {
        "timezone": "Africa/Lagos",
        "language": "en",
        "hours": "08-20",
        "second_factor": "no",
        "approval": "yes",
        "alert_below": "20 000",
    }
    answer = await browser.post("/app/settings", wanted)

    assert answer.status_code == 303
    now = await settings_of(site, company)
    assert (now.timezone, now.language, now.second_factor, now.approval) == ("Africa/Lagos", "en", False, True)
    assert (now.marketing_opens, now.marketing_closes, now.alert_below) == (480, 1200, 20_000)
    line = (await browser.get("/app/audit")).text
    assert "timezone: Africa/Douala" in line
    assert "second_factor" not in line


async def test_a_change_that_deletes_texts_warns_before_it_does(site, signed_in):
    browser, company = await signed_in("admin")
    await browser.get("/app/settings")
    wanted = {"timezone": "Africa/Douala", "language": "fr", "texts_kept_days": "30"}

    asked = await browser.post("/app/settings", wanted)
    before = await settings_of(site, company)
    sure = await browser.post("/app/settings", {**wanted, "texts_sure": "yes"})

    assert asked.status_code == 422
    assert 'id="e-texts_sure"' in asked.text
    assert before.texts_kept_days is None
    assert sure.status_code == 303
    assert (await settings_of(site, company)).texts_kept_days == 30
    # Longer, or the platform's own: nothing more goes.
    for days in ("60", ""):
        await browser.get("/app/settings")
        assert (await browser.post("/app/settings", {**wanted, "texts_kept_days": days})).status_code == 303


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("texts_kept_days", "jamais"),
        ("texts_kept_days", "0"),
        ("hours", "04-23"),
        ("hours", "demain"),
        ("timezone", "Mars/Base"),
        ("alert_below", "beaucoup"),
        ("sender", "9"),
    ],
)
async def test_a_setting_that_cannot_be_is_refused_at_its_field_and_kept(site, signed_in, field, typed):
    browser, company = await signed_in("admin")
    await browser.get("/app/settings")

    page = await browser.post("/app/settings", {"timezone": "Africa/Douala", "language": "fr", field: typed})

    assert page.status_code == 422
    assert f'id="e-{field}"' in page.text
    assert await settings_of(site, company) == company


async def test_the_audit_log_is_read_by_author_and_by_act(signed_in, a_person):
    browser, company = await signed_in("admin")
    person = await a_person("clarisse", company, role="reader")
    await browser.get("/app/team")
    await browser.post("/app/team", {"do": "role", "person": person, "role": "accountant"})
    await browser.get("/app/team")
    await browser.post("/app/team", {"do": "disable", "person": person})

    async def rows(query):
        return (await browser.get(f"/app/audit?{query}")).text.partition("<tbody>")[2]

    assert "Rôle modifié" in await rows("")
    assert "Rôle modifié" not in await rows("act=person+disabled")
    assert "Personne désactivée" in await rows("act=person+disabled")
    assert await rows("author=clarisse") == ""
