"""Asking for a sender with a document: kept to its company, bounded in size and kind, and answered with a reason."""

import re

import pytest

from smsflow import testing
from smsflow.services.accounts import companies, senders

PDF = b"%PDF-1.7\n<script>alert(1)</script>"
BOUNDARY = "----------------------------735323031399963166993862"


async def ask(browser, *, name="KRIBI", document=PDF, file_name="registre.pdf", **fields):
    await browser.get("/app/senders")
    sent = {**browser.hidden(), "name": name, "use": "soldes", "sample": "Soldes chez KRIBI", **fields}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in sent.items()]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="{file_name}"\r\n\r\n'
    body = "".join([*parts, head]).encode() + document + f"\r\n--{BOUNDARY}--\r\n".encode()
    return await browser.site.ask(
        "POST",
        "/app/senders",
        body=body,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Cookie": "=".join(browser.cookie), "Sec-Fetch-Site": "same-origin"},
    )


async def test_a_sender_is_asked_for_with_a_document_that_opens_as_a_file_only(signed_in):
    browser, _ = await signed_in("marketing")
    assert (await ask(browser)).status_code == 303

    page = await browser.get("/app/senders")
    link = re.search(r'"(/app/senders/\d+/document)"', page.text)[1]
    document = await browser.get(link)

    assert "soldes" in page.text
    assert "registre.pdf" in page.text
    assert document.content == PDF
    assert document.headers["content-type"] == "application/pdf"
    assert document.headers["content-disposition"].startswith("attachment")
    assert document.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in document.headers["content-security-policy"]


@pytest.mark.parametrize(
    "document", [b"<html>", b"GIF89a", b"%PDF-" + b"x" * (2 * 1024 * 1024), b"%PDF-" + b"x" * (3 * 1024 * 1024)]
)
async def test_a_document_of_another_kind_or_too_large_is_refused_at_its_field(signed_in, document):
    browser, _ = await signed_in("marketing")

    page = await ask(browser, document=document)

    assert page.status_code == 422
    assert 'id="e-document"' in page.text
    assert "KRIBI</span>" not in (await browser.get("/app/senders")).text


async def test_another_companys_document_is_not_found(signed_in, site, a_person):
    browser, _ = await signed_in("marketing")
    await ask(browser)
    link = re.search(r'"(/app/senders/\d+/document)"', (await browser.get("/app/senders")).text)[1]
    await a_person("mallory", await testing.a_company(site.platform))
    browser.cookie = None
    await browser.sign_in("mallory")

    assert (await browser.get(link)).status_code == 404


async def test_a_refusal_is_read_with_its_reason_and_the_sender_can_be_asked_for_again(signed_in, site):
    browser, company = await signed_in("marketing")
    await ask(browser)
    async with site.platform.database.transaction() as tx:
        found = (await companies.account(tx, company.id)).company
        sender = next(s for s in found.senders if s.name == "KRIBI")
        reason = "Le document est illisible. Joignez-en un autre."
        await senders.decide(tx, company.id, sender.id, approved=False, reason=reason, by="root", now=site.clock.now)

    assert reason in (await browser.get("/app/senders")).text
    assert (await ask(browser)).status_code == 303
    page = (await browser.get("/app/senders")).text
    assert reason not in page
    assert (await ask(browser)).status_code == 422, "one that waits is not asked for twice"


async def test_a_script_in_what_was_typed_or_in_a_files_name_is_text(signed_in):
    browser, _ = await signed_in("marketing")
    await ask(browser, use="<script>alert(1)</script>", file_name="<img src=x onerror=alert(1)>.pdf")

    page = (await browser.get("/app/senders")).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page
