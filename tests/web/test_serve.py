"""The doors: each address answers in the form of its door, and each resource says who may use it."""

import re

import pytest

from smsflow.web.app import doors
from smsflow.web.http.access import Access, AccessUndeclared
from smsflow.web.http.application import App
from smsflow.web.http.errors import DoorError, plain_text
from smsflow.web.serve import Doors
from tests.web.customer import Customer

FRENCH, ENGLISH = "fr-CM,fr;q=0.9,en;q=0.5", "en-GB,en;q=0.8"


@pytest.mark.parametrize("path", ["/apiv2/nothing", "/apiv2", "/auth2/", "/auth2/nothing"])
async def test_an_unknown_address_of_v2_answers_in_its_envelope(site: Customer, path):
    answer = await site.get(path, headers={"Accept-Language": ENGLISH})

    assert answer.status_code == 404
    assert answer.json == {
        "code": 404,
        "message": "Cette adresse n'existe pas : voyez la documentation à l'adresse /docs/.",
    }


@pytest.mark.parametrize("path", ["/v3", "/v3/", "/v3/messages"])
async def test_an_unknown_address_of_v3_answers_problem_json(site: Customer, path):
    answer = await site.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json == {"type": "about:blank", "title": "Not Found", "status": 404}


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/docs/nothing", "/static/x.css", "/apiv3", "/.env", "/%ff"],
)
@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        (None, "fr", "Cette page n’existe pas"),
        (FRENCH, "fr", "Cette page n’existe pas"),
        (ENGLISH, "en", "This page does not exist"),
    ],
)
async def test_an_unknown_address_elsewhere_answers_a_page_in_the_readers_language(
    site: Customer, path, accepted, language, title
):
    answer = await site.get(path, headers={} if accepted is None else {"Accept-Language": accepted})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in answer.text
    assert re.findall(r"<h1>(.*)</h1>", answer.text.replace("&#39;", "'")) == [title]
    assert answer.text.count("<main>") == 1
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["vary"] == "Accept-Language"
    ways = re.findall(r'href="(/app|/|/docs/\w*/?)"', answer.text.partition("<main>")[2])
    assert ways == ["/app", "/", "/docs/en/" if language == "en" else "/docs/"]


@pytest.mark.parametrize("path", ["/healthz/x", "/readyz/x", "/metrics/x"])
async def test_an_unknown_address_of_health_answers_plain_text(site: Customer, path):
    answer = await site.get(path)

    assert (answer.status_code, answer.headers["content-type"], answer.text) == (
        404,
        "text/plain; charset=utf-8",
        "404 Not Found\n",
    )


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/docs/", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/apiv2/balance/", "application/json; charset=utf-8"),
    ],
)
async def test_a_wrong_method_answers_in_the_form_of_its_door(site: Customer, path, content_type):
    answer = await site.ask("DELETE", path)

    assert (answer.status_code, answer.headers["content-type"]) == (405, content_type)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/apiv2/sms/", "application/json; charset=utf-8"),
        ("/auth2/get_token_auth/", "application/json; charset=utf-8"),
        ("/v3/messages", "application/problem+json"),
        ("/app/", "text/html; charset=utf-8"),
        ("/nothing", "text/html; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        # Nothing is known of the caller: v2's contract alone promises a body for every error.
        (None, "application/json; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("status", [400, 431, 503])
async def test_a_request_that_reaches_no_application_is_refused_in_the_form_of_its_door(
    site: Customer, path, content_type, status
):
    page = site.conductor.app.refusal(path, DoorError(status))

    assert page.content_type == content_type
    assert str(status).encode() in page.body


async def test_every_resource_of_every_door_says_who_may_use_it(site: Customer):
    asked = {}
    for app in doors(site.platform, None, clock=site.clock).values():
        for node in walk(app._router._roots):
            if node.resource is not None:
                asked[node.uri_template] = node.resource.access

    assert {path for path, access in asked.items() if access is Access.SENDING} == {
        "/apiv2/sms", "/apiv2/sms/", "/apiv2/smscode", "/apiv2/smscode/",
    }  # fmt: skip
    assert {path for path, access in asked.items() if access is Access.TOKEN} == {
        "/apiv2/verify_code", "/apiv2/verify_code/", "/apiv2/balance", "/apiv2/balance/",
    }  # fmt: skip
    assert {path.strip("/") for path, access in asked.items() if access is Access.PUBLIC} == {
        "", "auth2/get_token_auth", "apiv2/openapi.json", "docs", "docs/en", "docs/static/{name}", "static/{name}",
        "healthz", "readyz", "metrics", "sign-in", "console/{name}", "s/{name}", "reset", "reset/{token}", "invitations/{token}",
    }  # fmt: skip


async def test_every_route_that_asks_for_a_token_refuses_a_caller_without_one(site: Customer):
    refused = {}
    for app in doors(site.platform, None, clock=site.clock).values():
        for node in walk(app._router._roots):
            for method in node.method_map if node.resource is not None else ():
                if node.resource.access in {Access.TOKEN, Access.SENDING} and hasattr(
                    node.resource, f"on_{method.lower()}"
                ):
                    refused[method, node.uri_template] = (await site.ask(method, node.uri_template)).status_code

    assert len(refused) >= 18
    assert set(refused.values()) == {401}


def walk(nodes):
    for node in nodes:
        yield node
        yield from walk(node.children)


@pytest.mark.parametrize("access", [None, "public"])
def test_an_application_with_a_resource_that_does_not_say_who_may_use_it_does_not_start(access):
    class Forgetful:
        async def on_get(self, req, resp):
            resp.data = b"secret"

    if access is not None:
        Forgetful.access = access

    with pytest.raises(AccessUndeclared, match="Forgetful does not say who may use it"):
        App(plain_text, media_type="text/plain").add_route("/secret", Forgetful())


def test_a_door_that_knows_no_callers_takes_no_resource_that_asks_for_a_token():
    class Secret:
        access = Access.TOKEN

        async def on_get(self, req, resp):
            resp.data = b"secret"

    with pytest.raises(AccessUndeclared, match="Secret asks for"):
        App(plain_text, media_type="text/plain").add_route("/secret", Secret())


async def test_an_address_that_is_no_path_is_the_sites():
    asked = []

    class Site:
        async def __call__(self, scope, _receive, _send):
            asked.append(scope["path"])

    await Doors({"": Site()})({"path": "*"}, None, None)

    assert asked == ["*"]
