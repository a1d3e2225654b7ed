"""Every status of the contract's table, with its causes and its sentence."""

from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.store.accounts import tokens
from tests.web.customer import Customer

SENDS = {"/apiv2/sms/": {"number": "690000001", "message": "Bonjour"}, "/apiv2/smscode/": {"phone_number": "690000001"}}
CALLS = [
    ("POST", "/apiv2/sms/"),
    ("GET", "/apiv2/sms/"),
    ("POST", "/apiv2/smscode/"),
    ("GET", "/apiv2/smscode/"),
    ("POST", "/apiv2/verify_code/"),
    ("GET", "/apiv2/balance/"),
]


def refused(answer, status, sentence):
    """Compare an answer with the error that it should be, to the byte."""
    assert (answer.status_code, answer.text) == (status, f'{{"code":{status},"message":"{sentence}"}}')
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("/auth2/get_token_auth/", {"password": "x"}, "Le paramètre « username » est obligatoire."),
        ("/auth2/get_token_auth/", {"username": "x", "password": ""}, "Le paramètre « password » est obligatoire."),
        ("/apiv2/sms/", {}, "Le paramètre « number » est obligatoire."),
        ("/apiv2/sms/", {"number": "", "message": "x"}, "Le paramètre « number » est obligatoire."),
        ("/apiv2/sms/", {"number": "690000001"}, "Le paramètre « message » est obligatoire."),
        (
            "/apiv2/sms/",
            {"number": "12", "message": "x"},
            "Le paramètre « number » n'est pas un numéro de téléphone valable, ni national (CM) ni international : 12.",
        ),
        (
            "/apiv2/sms/",
            {"number": "222 22 22 22", "message": "x"},
            "Le paramètre « number » n'est pas un numéro de mobile : +237222222222.",
        ),
        (
            "/apiv2/sms/",
            {"number": "690000001", "message": "x" * 1531},
            "Le paramètre « message » fait 11 segments ; la limite est de 10.",
        ),
        (
            "/apiv2/sms/",
            {"number": "690000001", "message": "a\0b"},
            "Le paramètre « message » n'a pas la bonne forme : il faut un texte en UTF-8 sans caractère nul.",
        ),
        (
            "/apiv2/sms/",
            {"number": "690000001", "message": "x", "campagn_id": "été"},
            "Le paramètre « campagn_id » n'a pas la bonne forme : il faut un nombre entier.",
        ),
        (
            "/apiv2/sms/",
            {"number": "690000001", "message": "x", "planned_date": "demain"},
            "Le paramètre « planned_date » n'a pas la bonne forme : il faut un temps Unix en secondes, un nombre entier.",
        ),
        ("/apiv2/smscode/", {}, "Le paramètre « phone_number » est obligatoire."),
        *(
            (
                "/apiv2/smscode/",
                {"phone_number": "690000001", "timeout": timeout},
                "Le paramètre « timeout » n'a pas la bonne forme : il faut un nombre entier de secondes, de 30 à 86400.",
            )
            for timeout in ("29", "86401", "x", "60.5", "-60")
        ),
        ("/apiv2/verify_code/", {"code": "422510"}, "Le paramètre « phone_number » est obligatoire."),
        ("/apiv2/verify_code/", {"phone_number": "690000001"}, "Le paramètre « code » est obligatoire."),
        (
            "/apiv2/verify_code/",
            {"phone_number": "690000001", "code": "422510"},
            "Aucun code n'a été envoyé à ce numéro",
        ),
    ],
)
async def test_400_names_the_parameter(site: Customer, path, fields, sentence):
    company, token = await site.opened()
    await testing.a_route(site.platform)

    refused(await site.post(path, fields, token=token), 400, sentence)
    assert await testing.balance(site.platform, company) == 10


@pytest.mark.parametrize("path", ["/apiv2/sms/?id=", "/apiv2/smscode/?id="])
async def test_400_for_an_id_of_the_wrong_form(site: Customer, path):
    _, token = await site.opened()

    for given in ("x", "SMS1", "SMS00000x1", "-1", "1.5", "%FF", "1" * 40):
        answer = await site.get(path + given, token=token)

        refused(answer, 400, "Le paramètre « id » n'a pas la bonne forme : il faut l'identifiant rendu à l'envoi.")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[" * 9999),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("multipart/form-data; boundary=x", b"--x"),
    ],
)
@pytest.mark.parametrize("path", ["/auth2/get_token_auth/", "/apiv2/sms/", "/apiv2/smscode/", "/apiv2/verify_code/"])
async def test_400_for_a_body_that_cannot_be_read(site: Customer, path, content_type, body):
    _, token = await site.opened()

    answer = await site.ask("POST", path, token=token, content_type=content_type, body=body)

    media = content_type.partition(";")[0]
    refused(answer, 400, f"Le corps de la requête est illisible : ce n'est pas du {media} entier et en UTF-8.")


async def test_400_when_no_route_leads_there(site: Customer):
    company, token = await site.opened()
    sentence = "Le numéro +237690000001 ne peut pas être atteint : aucune route n'y mène."

    for path, fields in SENDS.items():
        refused(await site.post(path, fields, token=token), 400, sentence)
    assert await testing.balance(site.platform, company) == 10


@pytest.mark.parametrize(
    ("offset", "status"),
    [
        (timedelta(minutes=-6), 400),
        (timedelta(minutes=-4), 200),
        (timedelta(0), 200),
        (timedelta(days=365), 200),
        (timedelta(days=367), 400),
        (timedelta(days=365 * 3000), 400),
        (timedelta(days=365 * 50_000), 400),
    ],
)
@pytest.mark.parametrize("kind", ["form", "json"])
async def test_a_planned_date_is_from_five_minutes_ago_to_a_year_ahead(site: Customer, offset, status, kind):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    seconds = int(site.clock.now.timestamp()) + offset // timedelta(seconds=1)

    answer = await site.post("/apiv2/sms/", {**SENDS["/apiv2/sms/"], "planned_date": seconds}, kind=kind, token=token)

    assert answer.status_code == status
    if status == 400:
        sentence = (
            "Le paramètre « planned_date » doit être un temps Unix en secondes, de maintenant à un an d'avance au plus."
        )
        refused(answer, 400, sentence)
    else:
        assert answer.json["status"] == ("Planifié" if offset > timedelta(0) else "Reçu")


NO_TOKENS = [None, "", "Token", "Token ", "Token nobody", "Basic {token}", "{token}", "Token \xe9\xff"]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_401_without_a_token_that_is_known(site: Customer, method, path):
    _, token = await site.opened()

    for authorization in NO_TOKENS:
        headers = {} if authorization is None else {"Authorization": authorization.format(token=token)}
        answer = await site.ask(method, path, headers=headers)

        refused(answer, 401, "Le jeton est absent, inconnu, expiré ou révoqué : demandez-en un nouveau.")
        assert answer.headers["www-authenticate"] == "Token"


async def test_401_for_a_token_past_its_end_or_revoked(site: Customer):
    company, token = await site.opened()
    old = await testing.a_token(site.platform, company, life=timedelta(seconds=-1))
    assert (await site.get("/apiv2/balance/", token=old)).status_code == 401

    from smsflow.services.accounts.tokens import digest

    async with site.platform.database.transaction() as tx:
        await tokens.revoke_token(tx, digest(token))
    site.platform.directory.forget()

    assert (await site.get("/apiv2/balance/", token=token)).status_code == 401


@pytest.mark.parametrize(
    "login", [("awa", "wrong"), ("nobody", testing.PASSWORD), ("a\0wa", "x"), ("x" * 5000, "é" * 5000)]
)
async def test_401_for_a_wrong_login_in_one_sentence(site: Customer, login):
    company = await testing.a_company(site.platform)
    await testing.a_user(site.platform, company)

    answer = await site.post("/auth2/get_token_auth/", dict(zip(("username", "password"), login, strict=True)))

    refused(answer, 401, "Le nom d'utilisateur (username) ou le mot de passe (password) est incorrect.")


async def test_402_without_enough_credits(site: Customer):
    _, token = await site.opened(credits=1)
    await testing.a_route(site.platform)

    answer = await site.send(token, message="x" * 161)

    refused(answer, 402, "Il n'y a pas assez de crédits : il en faut 2, il en reste 1.")


@pytest.mark.parametrize("path", SENDS)
async def test_403_for_sends_of_a_suspended_company_whatever_they_hold(site: Customer, path):
    _, token = await site.opened(suspended=True)

    for fields in (SENDS[path], {}):
        refused(await site.post(path, fields, token=token), 403, "Le compte est suspendu.")
    assert (await site.ask("POST", path, token=token, body=b"x", content_type="text/plain")).status_code == 403


async def test_a_suspended_company_can_still_read(site: Customer):
    _, token = await site.opened(suspended=True, credits=7)

    for path in ("/apiv2/sms/", "/apiv2/smscode/", "/apiv2/balance/"):
        assert (await site.get(path, token=token)).status_code == 200


@pytest.mark.parametrize("sender", ["SOMEBODY", "999", "PENDING", "9" * 5000, "é"])
async def test_403_for_a_sender_that_is_not_the_companys_or_not_approved(site: Customer, sender):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    await testing.a_sender(site.platform, company, "PENDING", state="pending")

    answer = await site.send(token, sender_id=sender)

    sentence = f"Le paramètre « sender_id » nomme un expéditeur qui n'est pas autorisé pour ce compte : {sender[:100]}."
    refused(answer, 403, sentence)


async def test_403_without_a_default_sender(site: Customer):
    _, token = await site.opened(sender=None)
    await testing.a_route(site.platform)

    refused(await site.send(token), 403, "Aucun expéditeur par défaut n'est autorisé pour ce compte.")


async def test_403_for_a_country_that_is_not_allowed(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)

    answer = await site.send(token, number="+33612345678")

    refused(answer, 403, "Le pays de destination FR n'est pas autorisé pour ce compte.")


async def test_404_for_what_does_not_exist(site: Customer):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    says = "Le paramètre « {} » ne désigne {} de votre société : {}."

    refused(await site.get("/apiv2/sms/?id=SMS0000042", token=token), 404, says.format("id", "aucun SMS", "SMS0000042"))
    refused(await site.get("/apiv2/smscode/?id=42", token=token), 404, says.format("id", "aucun code", "42"))
    refused(await site.send(token, campagn_id=42), 404, says.format("campagn_id", "aucune campagne", "42"))


@pytest.mark.parametrize(
    "path",
    ["/apiv2", "/apiv2/", "/apiv2/sms/1", "/apiv2/sms//", "/auth2", "/auth2/token", "/apiv2/sms%00", "/apiv2/%ff"],
)
async def test_404_for_an_address_that_is_none(site: Customer, path):
    refused(await site.get(path), 404, "Cette adresse n'existe pas : voyez la documentation à l'adresse /docs/.")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/auth2/get_token_auth/", "POST"),
        ("PUT", "/apiv2/sms/", "GET, HEAD, POST"),
        ("DELETE", "/apiv2/smscode", "GET, HEAD, POST"),
        ("GET", "/apiv2/verify_code/", "POST"),
        ("POST", "/apiv2/balance/", "GET, HEAD"),
    ],
)
async def test_405_says_which_methods_there_are_before_it_asks_for_a_token(site: Customer, method, path, allowed):
    answer = await site.ask(method, path)

    assert sorted(answer.headers["allow"].split(", ")) == sorted([*allowed.split(", "), "OPTIONS"])
    refused(answer, 405, f"La méthode {method} n'est pas admise à cette adresse : utilisez {answer.headers['allow']}.")


@pytest.mark.parametrize("path", ["/auth2/get_token_auth/", "/apiv2/sms/", "/apiv2/smscode/", "/apiv2/verify_code/"])
async def test_413_for_a_body_beyond_the_limit(open_site, path):
    async with open_site(body_limit=2048) as site:
        _, token = await site.opened()
        fields = {"message": "x" * 2041}

        answer = await site.post(path, fields, token=token)

        refused(answer, 413, "Le corps de la requête dépasse 2048 octets.")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml"])
async def test_415_for_an_unknown_type_of_body(site: Customer, content_type):
    _, token = await site.opened()

    answer = await site.ask("POST", "/apiv2/sms/", token=token, body=b"number=1", content_type=content_type)

    refused(
        answer,
        415,
        f"Le type du corps de la requête est inconnu ({content_type}) : envoyez un formulaire, du multipart ou du JSON.",
    )
