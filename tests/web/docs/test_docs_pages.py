"""The pages as HTTP gives them."""

import gzip
import re

import pytest
from falcon import testing

from smsflow.web.api_v2.calls import API
from smsflow.web.docs import app as docs
from smsflow.web.docs.markup import inline
from smsflow.web.look import app as look


def a_site(public_url=None):
    return testing.TestClient(docs.create(API, public_url=public_url))


@pytest.mark.parametrize("path", ["/docs/", "/docs", "/docs/en/", "/docs/en"])
def test_each_page_answers_with_and_without_the_last_slash(path):
    result = a_site().simulate_get(path)

    assert result.status_code == 200
    assert result.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{"en" if "en" in path else "fr"}">' in result.text


def test_a_page_has_every_call_and_leads_to_its_twin():
    french, english = (a_site().simulate_get(path).text for path in ("/docs/", "/docs/en/"))

    for call in API.calls:
        assert f'<section id="{call.name}"' in french
        assert f'<section id="{call.name}"' in english
    assert 'href="/docs/en/" hreflang="en" lang="en">English</a>' in french
    assert 'href="/docs/" hreflang="fr" lang="fr">Français</a>' in english
    assert "VOTRE_TOKEN" in french
    assert "VOTRE" not in english


def test_ids_are_unique_and_every_link_inside_the_page_has_its_target():
    text = a_site().simulate_get("/docs/").text
    ids = re.findall(r'\sid="([^"]+)"', text)

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_the_samples_show_the_address_of_the_request():
    text = a_site().simulate_get("/docs/", host="sms.example.cm", port=8443, protocol="https").text

    assert 'data-slot="server">https://sms.example.cm:8443<' in text
    assert "VOTRE-SERVEUR" not in text


def test_a_public_address_wins_over_the_request():
    text = a_site("https://sms.example.cm/").simulate_get("/docs/", host="10.0.0.4").text

    assert 'data-slot="server">https://sms.example.cm<' in text
    assert "10.0.0.4" not in text


@pytest.mark.parametrize("host", ['"><script>', "a'b", "a b", "user@host", "x" * 300, "[::1", ""])
def test_a_nonsense_host_shows_the_placeholder(host):
    text = a_site().simulate_get("/docs/", host=host).text

    assert 'data-slot="server">https://VOTRE-SERVEUR<' in text


def test_an_ipv6_host_is_shown():
    assert ">http://[::1]:8000<" in a_site().simulate_get("/docs/", host="[::1]", port=8000).text


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    result = a_site().simulate_get("/docs/")

    assert result.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in result.headers["content-security-policy"]
    assert "<style" not in result.text
    assert not re.search(r"<script(?![^>]*\ssrc=)", result.text)
    assert not re.search(r"\s(style|on\w+)=", result.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', result.text)


def test_security_headers_go_with_the_page():
    headers = a_site().simulate_get("/docs/").headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_page_is_compressed_for_clients_that_accept_gzip():
    site = a_site()

    packed = site.simulate_get("/docs/", headers={"Accept-Encoding": "br, gzip"})
    refused = site.simulate_get("/docs/", headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == refused.content
    assert "content-encoding" not in refused.headers


def test_a_page_that_the_browser_has_is_not_sent_again():
    site = a_site()
    etag = site.simulate_get("/docs/").headers["etag"]

    again = site.simulate_get("/docs/", headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag


def test_made_up_hosts_do_not_fill_the_memory():
    site = a_site()
    for number in range(20):
        site.simulate_get("/docs/", host=f"host-{number}")

    assert docs._rendered.cache_info().currsize <= 16


def test_the_files_of_a_page_are_kept_for_a_year_under_a_name_of_their_content():
    site = a_site()
    files = set(re.findall(r'"((?:/docs)?/static/[^"]+)"', site.simulate_get("/docs/").text))

    assert sorted(re.sub(r"\.[0-9a-f]{12}\.", ".", file) for file in files) == [
        "/docs/static/docs.css",
        "/docs/static/docs.js",
        "/static/base.css",
        "/static/icon.svg",
        "/static/tokens.css",
    ]
    for file in files:
        result = (site if file.startswith("/docs/") else testing.TestClient(look.create())).simulate_get(file)
        assert result.status_code == 200
        assert result.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert result.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["docs.css", "docs.000000000000.css", "..%2fpages.py", "%2e%2e%2fpages.py"])
def test_no_other_file_is_served(name):
    assert a_site().simulate_get(f"/docs/static/{name}").status_code == 404


def test_marks_become_elements_and_everything_else_is_escaped():
    assert inline("`a<b` **c** [d `e`](#f) <i>") == (
        '<code>a&lt;b</code> <strong>c</strong> <a href="#f">d <code>e</code></a> &lt;i&gt;'
    )
    assert inline("[x](javascript:alert)") == "[x](javascript:alert)"


def test_french_punctuation_stays_with_its_word_but_code_is_left_alone():
    assert inline("« oui » : `a : b`") == "«\u00a0oui\u00a0»\u00a0: <code>a : b</code>"
