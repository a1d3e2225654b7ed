"""`/`: the first page."""

import pytest


@pytest.mark.parametrize(
    ("accepted", "says", "ways"),
    [
        ("fr", "Se connecter", {"/sign-in", "/docs/"}),
        ("en", "Sign in", {"/sign-in", "/docs/en/"}),
    ],
)
async def test_the_first_page_leads_to_signing_in_and_to_the_documentation(site, accepted, says, ways):
    page = await site.ask("GET", "/", headers={"Accept-Language": accepted})

    assert (page.status_code, page.headers["content-language"], page.headers["vary"]) == (
        200,
        accepted,
        "Accept-Language, Accept-Encoding",
    )
    assert says in page.text
    assert page.text.count("<h1>") == 1
    for way in ways:
        assert f'href="{way}"' in page.text
        assert (await site.get(way)).status_code == 200
