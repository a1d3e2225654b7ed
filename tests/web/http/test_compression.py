"""Pages and their files are compressed where the browser takes it."""

import gzip

import pytest


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "GZIP"])
async def test_a_page_is_compressed(site, accepted):
    page = await site.ask("GET", "/sign-in", headers={"Accept-Encoding": accepted})

    assert page.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["vary"]
    assert len(page.content) == int(page.headers["content-length"])
    assert b"<h1>" in gzip.decompress(page.content)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
async def test_a_client_that_takes_none_gets_a_page_as_it_is(site, accepted):
    page = await site.ask("GET", "/sign-in", headers={"Accept-Encoding": accepted})

    assert "content-encoding" not in page.headers
    assert "Accept-Encoding" in page.headers["vary"]
    assert "<h1>" in page.text


async def test_files_of_pages_are_compressed_once_and_are_the_same(site):
    page = await site.ask("GET", "/sign-in")
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    plain = await site.ask("GET", style)
    packed = await site.ask("GET", style, headers={"Accept-Encoding": "gzip"})

    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
