"""Templates in the console: kept, changed, deleted, made the text of codes, and picked where SMS are written."""

import pytest

from smsflow import runtime, testing
from smsflow.domain.access import RIGHTS, Right, Role
from smsflow.services import templates
from smsflow.services.accounts import companies

FR = {"Accept_Language": "fr"}
SALES = {"name": "Soldes", "purpose": "campaign", "text": "Bonjour {prenom|cher client}"}
CODE = {"name": "Code", "purpose": "code", "text": "Votre code : {code}"}


@pytest.fixture
def a_template(site):
    """Give a company a template; return its id: `await a_template(company, **CODE)`."""

    async def add(company, **wanted):
        async with site.platform.database.transaction() as tx:
            asked = templates.WrittenTemplate(**{**SALES, **wanted})
            return await templates.add(tx, company, asked, most_segments=10, now=runtime.now())

    return add


async def texts(site, company):
    async with site.platform.database.autocommit() as tx:
        return {t.name: t.text for t in await templates.show_all(tx, company.id)}


async def test_a_template_is_kept_changed_and_deleted(site, signed_in):
    browser, company = await signed_in("marketing")
    assert "Aucun modèle" in (await browser.get("/app/templates", **FR)).text
    await browser.get("/app/templates/new")

    added = await browser.post("/app/templates/new", SALES)
    assert "Modèle gardé." in (await browser.get(added.headers["location"], **FR)).text
    assert await texts(site, company) == {"Soldes": "Bonjour {prenom|cher client}"}
    address = browser.page.text.split('<a href="/app/templates/')[1].split('"')[0]
    await browser.get(f"/app/templates/{address}")
    await browser.post(f"/app/templates/{address}", {**SALES, "name": "Fêtes", "text": "Bonne fête"})
    assert await texts(site, company) == {"Fêtes": "Bonne fête"}
    await browser.get(f"/app/templates/{address}")
    await browser.post(f"/app/templates/{address}", {"act": "delete"})

    assert await texts(site, company) == {}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"name": ""}, ("name", "Donnez au modèle un nom")),
        ({"name": "déjà"}, ("name", "Vous avez un modèle de ce nom")),
        ({"text": " "}, ("text", "Écrivez le message.")),
        ({"text": "Bonjour {"}, ("text", "Écrivez les variables")),
        ({"purpose": "code"}, ("text", "Écrivez {code}")),
        ({"purpose": "code", "text": "{code}" + "a" * 2000}, ("text", "trop long")),
        ({"purpose": "joy"}, ("purpose", "Choisissez campagnes ou codes.")),
    ],
)
async def test_a_template_that_cannot_be_kept_is_refused_at_its_field(site, signed_in, a_template, typed, error):
    browser, company = await signed_in("marketing")
    await a_template(company, name="Déjà")
    await browser.get("/app/templates/new")

    page = await browser.post("/app/templates/new", {**SALES, **typed}, **FR)

    assert page.status_code == 422
    assert f'id="e-{error[0]}"' in page.text
    assert error[1] in page.text
    assert list(await texts(site, company)) == ["Déjà"]


@pytest.mark.parametrize("role", list(Role))
async def test_a_template_is_written_by_those_who_may_and_read_by_those_who_see_it(site, signed_in, a_template, role):
    browser, company = await signed_in(role)
    template_id = await a_template(company)

    page = await browser.get(f"/app/templates/{template_id}")
    await browser.get("/app")
    answer = await browser.post(f"/app/templates/{template_id}", {"act": "delete"})

    assert page.status_code == (200 if Right.SEE_TEMPLATES in RIGHTS[role] else 403)
    assert ("<textarea" in page.text) is (Right.WRITE_TEMPLATES in RIGHTS[role])
    assert answer.status_code == (303 if Right.WRITE_TEMPLATES in RIGHTS[role] else 403)


async def test_an_administrator_makes_a_template_the_text_of_codes_and_marketing_does_not(
    site, signed_in, a_person, a_template
):
    browser, company = await signed_in("marketing")
    template_id = await a_template(company, **CODE)
    await browser.get("/app/templates")
    refused = await browser.post(f"/app/templates/{template_id}", {"act": "codes"})
    await a_person("the-admin", company)
    browser.cookie = None
    await browser.sign_in("the-admin")
    await browser.get(f"/app/templates/{template_id}")

    await browser.post(f"/app/templates/{template_id}", {"act": "codes"})

    assert refused.status_code == 403
    async with site.platform.database.autocommit() as tx:
        assert (await companies.account(tx, company.id)).company.code_template == CODE["text"]
    assert "En service" in (await browser.get("/app/templates", **FR)).text


async def test_the_template_of_another_company_does_not_exist(site, signed_in, a_template):
    other = await testing.a_company(site.platform, name="Autre")
    template_id = await a_template(other)
    browser, _ = await signed_in("admin")

    assert (await browser.get(f"/app/templates/{template_id}")).status_code == 404
    await browser.get("/app/templates")
    hidden = browser.hidden()
    for fields in (SALES, {"act": "delete"}, {"act": "codes"}):
        assert (
            await browser.post(f"/app/templates/{template_id}", {**hidden, **fields}, hidden=False)
        ).status_code == 404
    assert list(await texts(site, other)) == ["Soldes"]


async def test_a_template_is_text_and_no_markup(signed_in, a_template):
    browser, company = await signed_in("reader")
    template_id = await a_template(company, name="<script>x", text="<script>x")

    for path in ("/app/templates", f"/app/templates/{template_id}"):
        assert "<script>x" not in (await browser.get(path)).text
