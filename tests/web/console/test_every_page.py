"""Every address of the console, with every role and with what belongs to another company."""

import re

import pytest

from smsflow import testing
from smsflow.domain.access import RIGHTS, Right, Role
from smsflow.domain.selection import read_rule
from smsflow.services.contacts import lists
from smsflow.services.exports import making
from smsflow.services.exports.wanted import WantedFile
from smsflow.web.console import pages
from smsflow.web.console.shell.locale import Locale
from smsflow.web.console.shell.roles import role_name

ADDRESSES = sorted(pages.APP)
_FIELD = re.compile(r"{[^}]*}")


@pytest.fixture
async def foreign(site):
    """The ids of another company: addresses are filled with them."""
    company, token = await site.opened(credits=5)
    await testing.a_route(site.platform)
    campaign = await testing.a_campaign(site.platform, company)
    sms = (await site.send(token, "690000001")).json["sms_id"]
    return {
        "message": sms,
        "number": "237690000001",
        "campaign_id": str(campaign),
        "import_id": "1",
        "sender_id": "1",
        "template_id": "1",
        "list_id": str(await a_list(site, company)),
        "export_id": str(await an_export(site, company)),
        "kind": "nothing",
        "inbound_id": str(await an_inbound(site, company)),
    }


async def a_list(site, company):
    async with site.platform.database.transaction() as tx:
        return await lists.add_list(tx, company.id, "Douala", rules=[read_rule("ville = Douala")], now=site.clock.now)


async def an_inbound(site, company):
    async with site.platform.database.transaction() as tx:
        found = await tx.execute(
            """INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id)
            VALUES (1, '237690000001', '8787', 0, '', 'Bonjour', now(), %(company)s) RETURNING id""",
            {"company": company.id},
        )
    return found.scalar_one()


async def an_export(site, company):
    async with site.platform.database.transaction() as tx:
        made = await making.ask(tx, company.id, WantedFile("messages", {}, ["SMS"]), author="awa", now=site.clock.now)
        await making.end(tx, await making.show(tx, company.id, made), "finished", now=site.clock.now)
    return made


def filled(address, values):
    return _FIELD.sub(lambda field: values[re.match(r"{(\w+)", field[0])[1]], address)


@pytest.mark.parametrize("role", list(Role))
async def test_a_page_is_shown_or_refused_by_the_role(signed_in, foreign, role):
    browser, _ = await signed_in(role)

    for address in ADDRESSES:
        page = await browser.get(filled(address, foreign))
        access = pages.APP[address].access
        if access not in RIGHTS[role]:
            assert page.status_code == 403, address
            assert role_name(Locale("fr"), role) in page.text
        elif "{" in address:
            assert page.status_code == 404, address
        else:
            assert page.status_code == 200, address


@pytest.mark.parametrize("role", list(Role))
async def test_the_platforms_pages_do_not_exist_for_a_companys_people(signed_in, role):
    browser, _ = await signed_in(role)

    for address in [*pages.OPS, "/ops/live"]:
        assert (await browser.get(address)).status_code == 404, address


@pytest.mark.parametrize("role", [Role.ADMIN, Role.READER])
async def test_the_platforms_people_see_its_pages_and_none_of_a_company(browser, a_person, foreign, role):
    await a_person("root", role=role)
    await browser.sign_in("root")

    for address in pages.OPS:
        assert (await browser.get(address)).status_code == 200, address
    for address in ADDRESSES:
        # The tables of the counter are the domain's, and no company's.
        if pages.APP[address].access is Right.SELF:
            continue
        answer = await browser.get(filled(address, foreign))
        assert (answer.status_code, answer.headers.get("location")) == (303, "/ops"), address


@pytest.mark.parametrize("role", list(Role))
async def test_every_entry_of_the_navigation_answers(signed_in, role):
    browser, _ = await signed_in(role)
    navigation = (await browser.get("/app")).text.split("</nav>")[0]
    entries = re.findall(r'<li><a href="([^"]+)"', navigation)

    assert "/app/messages" in entries
    for entry in entries:
        assert (await browser.get(entry)).status_code == 200, entry


async def test_nobody_is_shown_anything_before_signing_in(browser, foreign):
    for address in [*ADDRESSES, *pages.OPS]:
        answer = await browser.get(filled(address, foreign))
        assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next="), address


@pytest.mark.parametrize("role", list(Role))
async def test_a_form_that_a_role_may_not_send_is_refused_and_none_is_an_error(signed_in, foreign, role):
    browser, _ = await signed_in(role)
    await browser.get("/app/messages")
    hidden = browser.hidden()

    for address in ADDRESSES:
        resource = pages.APP[address]
        if not hasattr(resource, "on_post"):
            continue
        needed = getattr(resource, "posts", None) or resource.access
        answer = await browser.post(filled(address, foreign), hidden, hidden=False)
        if needed in RIGHTS[role] and resource.access in RIGHTS[role]:
            assert answer.status_code == 404 if "{" in address else answer.status_code < 500, address
        else:
            assert answer.status_code == 403, address
