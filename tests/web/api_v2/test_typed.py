"""Values as people type, paste and post them, through the whole door."""

import pytest

from smsflow import testing
from smsflow.store.accounts import companies
from smsflow.store.postgres.transactions import text
from tests.web.customer import Customer

LOGIN = "/auth2/get_token_auth/"


@pytest.mark.parametrize(
    "number",
    ["69000000/1", "690000001.5", "690000001/690000002", "690000001,690000002", 690000001.5, -690000001, "690000001²"],
)
@pytest.mark.parametrize(("path", "name"), [("/apiv2/sms/", "number"), ("/apiv2/smscode/", "phone_number")])
async def test_a_value_that_is_not_plainly_one_number_is_sent_to_nobody(site: Customer, path, name, number):
    company, token = await site.opened()
    await testing.a_route(site.platform)

    answer = await site.post(path, {name: number, "message": "Bonjour"}, kind="json", token=token)

    assert answer.status_code == 400
    assert answer.json["message"].startswith(f"Le paramètre « {name} » n'est pas un numéro de téléphone valable")
    assert await testing.balance(site.platform, company) == 10


@pytest.mark.parametrize(
    "number",
    [690000001, 690000001.0, 237690000001.0, "237690000001.0", "\u202a+237\u00a0690\u2011000\u2011001\u202c\r\n"],
)
async def test_a_number_is_read_as_it_was_meant(site: Customer, number):
    _, token = await site.opened()
    await testing.a_route(site.platform)

    answer = await site.post("/apiv2/sms/", {"number": number, "message": "Bonjour"}, kind="json", token=token)

    assert answer.status_code == 200
    shown = await site.get(f"/apiv2/sms/?id={answer.json['sms_id']}", token=token)
    assert shown.json["data"][0]["numero_destinataire"] == "+237690000001"


async def test_a_plus_that_was_not_encoded_is_a_plus(site: Customer):
    """A French number; without its plus, it would be looked for in Cameroon."""
    company, token = await site.opened()
    await testing.a_route(site.platform)
    async with site.platform.database.transaction() as tx:
        await companies.update_company(tx, company.id, {"countries": ["CM", "FR"]})
    site.platform.directory.forget()

    answer = await site.ask(
        "POST",
        "/apiv2/sms/",
        token=token,
        body=b"number=+33612345678&message=Bonjour",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200
    row = (await site.get("/apiv2/sms/", token=token)).json["data"][0]
    assert row["numero_destinataire"] == "+33612345678"


@pytest.mark.parametrize("kind", ["form", "multipart", "json"])
async def test_a_number_given_twice_is_refused(site: Customer, kind):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    bodies = {
        "form": (b"number=690000001&number=690000002&message=x", "application/x-www-form-urlencoded"),
        "json": (b'{"number":"690000001","number":"690000002","message":"x"}', "application/json"),
        "multipart": (
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % part
                for part in [(b"number", b"690000001"), (b"number", b"690000002"), (b"message", b"x")]
            )
            + b"--x--",
            "multipart/form-data; boundary=x",
        ),
    }
    body, content_type = bodies[kind]

    answer = await site.ask("POST", "/apiv2/sms/", token=token, body=body, content_type=content_type)

    assert answer.status_code == 400
    assert "« number » est donné plusieurs fois" in answer.json["message"]
    assert await testing.balance(site.platform, company) == 10


async def test_a_charset_that_is_not_read_is_415(site: Customer):
    _, token = await site.opened()

    answer = await site.ask(
        "POST", "/apiv2/sms/", token=token, body=b"{}", content_type="application/json; charset=koi8-r"
    )

    assert (answer.status_code, answer.json["message"]) == (
        415,
        "Le corps de la requête est annoncé en koi8-r, qui n'est pas pris en charge : envoyez-le en UTF-8.",
    )


@pytest.mark.parametrize("field", ["message", "username", "password"])
async def test_a_json_number_is_no_text(site: Customer, field):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    fields = {"number": "690000001", "message": "x", "username": "awa", "password": "x", field: 12345}

    path = "/apiv2/sms/" if field == "message" else LOGIN
    answer = await site.post(path, fields, kind="json", token=token)

    assert answer.status_code == 400
    assert f"« {field} » n'a pas la bonne forme" in answer.json["message"]


@pytest.mark.parametrize("written", ["422 510", "422-510", "{}.0", " {} ", "\u200e{}\u202c", "arabic", 0, 0.0])
async def test_a_code_is_right_as_people_type_it_and_burns_no_try(site: Customer, written):
    _, token = await site.opened()
    await testing.a_route(site.platform)
    code = (await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)).json["code"]
    typed = {
        "422 510": f"{code[:3]} {code[3:]}",
        "422-510": f"{code[:3]}-{code[3:]}",
        "arabic": code.translate({ord(str(d)): "٠١٢٣٤٥٦٧٨٩"[d] for d in range(10)}),
    }.get(written, written.format(code) if isinstance(written, str) else type(written)(code))

    fields = {"phone_number": "690000001", "code": typed}
    answer = await site.post("/apiv2/verify_code/", fields, kind="json", token=token)

    assert (answer.status_code, answer.json["message"]) == (200, "Le code a été validé")


async def test_an_accent_in_two_characters_costs_what_one_costs(site: Customer):
    company, token = await site.opened()
    await testing.a_route(site.platform)

    answer = await site.send(token, message="e\u0301" * 160)

    assert answer.json["total_sms"] == 1
    assert await testing.balance(site.platform, company) == 9
    async with site.platform.database.autocommit() as tx:
        stored = (await tx.execute(text("SELECT text FROM message"))).scalar_one()
    assert stored == "é" * 160


@pytest.mark.parametrize("sender", [" AWA ", "awa\r\n", "\u00a0AWA", "   "])
async def test_spaces_around_a_sender_do_not_count(site: Customer, sender):
    _, token = await site.opened(sender="AWA")
    await testing.a_route(site.platform)

    assert (await site.send(token, sender_id=sender)).status_code == 200
    assert (await site.get("/apiv2/sms/", token=token)).json["data"][0]["sender"] == "AWA"


@pytest.mark.parametrize("name", ["campagn_id", "campaign_id"])
async def test_a_campaign_is_named_by_its_published_name_or_the_right_one(site: Customer, name):
    company, token = await site.opened()
    await testing.a_route(site.platform)
    campaign = await testing.a_campaign(site.platform, company, "Rentrée")
    await site.send(token)

    sent = await site.send(token, **{name: campaign})
    listed = await site.get(f"/apiv2/sms/?{name}={campaign}", token=token)

    assert sent.status_code == 200
    assert [(row["sms_id"], row["campagne"]) for row in listed.json["data"]] == [(sent.json["sms_id"], "Rentrée")]
    assert len((await site.get("/apiv2/sms/", token=token)).json["data"]) == 2
    assert (await site.send(token, **{name: 99})).status_code == 404
    assert (await site.get(f"/apiv2/sms/?{name}=99", token=token)).status_code == 404
    assert (await site.get(f"/apiv2/sms/?{name}=x", token=token)).status_code == 400


async def test_the_campaigns_of_another_company_are_unknown_in_lists_too(site: Customer):
    other, _ = await site.opened()
    campaign = await testing.a_campaign(site.platform, other)
    _, token = await site.opened(name="Autre")

    assert (await site.get(f"/apiv2/sms/?campagn_id={campaign}", token=token)).status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_bearer_is_told_to_write_token(site: Customer, scheme):
    _, token = await site.opened()

    answer = await site.get("/apiv2/balance/", headers={"Authorization": f"{scheme} {token}"})

    assert answer.status_code == 401
    assert answer.json["message"] == (
        f"L'en-tête « Authorization » commence par « {scheme} » : écrivez « Token », une espace, puis le jeton."
    )


async def test_a_disabled_connector_is_503_and_nothing_is_charged(site: Customer):
    company, token = await site.opened()
    connector = await testing.a_connector(site.platform, enabled=False)
    await testing.a_route(site.platform, connector)

    for answer in (
        await site.send(token),
        await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "+237690000001 ne peut pas être atteint en ce moment" in answer.json["message"]
    assert await testing.balance(site.platform, company) == 10


async def test_25_right_logins_in_a_row_are_25_times_200(site: Customer):
    company = await testing.a_company(site.platform)
    await testing.a_user(site.platform, company)
    right = {"username": "awa", "password": testing.PASSWORD}

    assert [(await site.post(LOGIN, right)).status_code for _ in range(25)] == [200] * 25


@pytest.mark.parametrize(
    ("username", "typed"),
    [
        ("awa", ["AWA", " awa ", "awa\u00a0", "ａｗａ", "Awa\r\n"]),
        ("İstanbul", ["İstanbul", "İSTANBUL", "i̇stanbul", "I\u0307stanbul", "İstanbul "]),
        ("ılgaz", ["ılgaz", "ıLGAZ", "ılgaz\u3000"]),
        ("straße", ["STRASSE", "Straße", "straße "]),
        ("Ǆ", ["ǆ", "ǅ"]),
        ("émile", ["e\u0301mile", "ÉMILE", "E\u0301MILE"]),
    ],
)
async def test_every_way_to_write_a_username_reaches_its_user_and_its_counter(open_site, username, typed):
    async with open_site(login_per_username=len(typed)) as site:
        company = await testing.a_company(site.platform)
        await testing.a_user(site.platform, company, username=username)

        right = [await site.post(LOGIN, {"username": one, "password": testing.PASSWORD}) for one in typed]
        wrong = [await site.post(LOGIN, {"username": one, "password": "wrong"}) for one in typed]
        after = [await site.post(LOGIN, {"username": one, "password": testing.PASSWORD}) for one in [username, *typed]]

        assert {(a.status_code, a.json["username"]) for a in right} == {(200, username)}
        assert {a.status_code for a in wrong} == {401}
        assert {a.status_code for a in after} == {429}


async def test_failures_of_an_unknown_name_are_counted_as_those_of_a_user(open_site):
    async with open_site(login_per_username=2) as site:
        answers = [
            await site.post(LOGIN, {"username": name, "password": "x"}) for name in ("Nobody", "nobody ", "NOBODY")
        ]

        assert [a.status_code for a in answers] == [401, 401, 429]


async def test_guesses_at_the_same_moment_get_no_more_tries_than_one_after_the_other(open_site):
    import asyncio

    async with open_site(login_per_username=3, login_per_address=100) as site:
        company = await testing.a_company(site.platform)
        await testing.a_user(site.platform, company)
        guesses = [f"wrong-{n}" for n in range(12)]

        answers = await asyncio.gather(*(site.post(LOGIN, {"username": "awa", "password": g}) for g in guesses))

        assert sorted(a.status_code for a in answers) == [401] * 3 + [429] * 9
