"""The OpenAPI description is well formed and says what the pages say."""

import json

import falcon.asgi
import jsonschema_rs
import pytest
import schemathesis
from falcon import testing

from smsflow.web.api_v2 import replies
from smsflow.web.api_v2.calls import API
from smsflow.web.docs.openapi import OpenApi, description
from smsflow.web.look.pages import LANGUAGES

BASE = "https://sms.example.cm"


def every_reference(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from every_reference(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_reference(inner)


@pytest.mark.parametrize("call", API.calls, ids=lambda call: call.name)
def test_the_example_of_every_reply_obeys_its_schema(call):
    jsonschema_rs.Draft202012Validator(call.reply.schema).validate(call.reply.example)


@pytest.mark.parametrize("call", API.calls, ids=lambda call: call.name)
def test_a_reply_has_exactly_its_keys(call):
    validator = jsonschema_rs.Draft202012Validator(call.reply.schema)
    key = next(iter(call.reply.example))

    assert not validator.is_valid({**call.reply.example, "extra": 1})
    assert not validator.is_valid({k: v for k, v in call.reply.example.items() if k != key})


def test_the_types_that_differ_between_calls_are_described():
    sent = jsonschema_rs.Draft202012Validator(replies.SEND.schema)
    listed = jsonschema_rs.Draft202012Validator(replies.CODES.schema)

    assert not sent.is_valid({**replies.SEND.example, "total_sms": "1"})
    assert not listed.is_valid({"data": [{**replies.CODES.example["data"][0], "code": "422510"}]})
    assert replies.SMS.schema["properties"]["data"]["items"]["properties"]["total_sms"]["type"] == "string"
    assert replies.SMSCODE.schema["properties"]["code"]["type"] == "string"


def test_every_schema_is_a_json_schema_and_every_reference_leads_somewhere():
    document = description(API, BASE)

    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    for reference in every_reference(document):
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_schemathesis_reads_all_seven_operations():
    schema = schemathesis.openapi.from_dict(description(API, BASE))

    operations = [result.ok() for result in schema.get_all_operations()]

    assert {(operation.method.upper(), operation.path) for operation in operations} == {
        (call.method, call.path) for call in API.calls
    }


def test_a_body_comes_in_three_forms_and_a_token_is_asked_for_except_to_get_one():
    paths = description(API, BASE)["paths"]

    assert list(paths["/apiv2/sms/"]["post"]["requestBody"]["content"]) == [
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/json",
    ]
    assert paths["/auth2/get_token_auth/"]["post"]["security"] == []
    assert description(API, BASE)["security"] == [{"token": []}]
    assert "security" not in paths["/apiv2/sms/"]["post"]


def test_every_error_of_the_table_is_there_with_its_own_code():
    document = description(API, BASE)

    told = {status for path in document["paths"].values() for call in path.values() for status in call["responses"]}
    assert told == {"200", *map(str, API.errors)}
    for status in API.errors:
        validator = jsonschema_rs.Draft202012Validator(document["components"]["schemas"][f"Error{status}"])
        assert validator.is_valid({"code": status, "message": "Une phrase."})
        assert not validator.is_valid({"code": 200, "message": "Une phrase."})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_description_is_served_in_both_languages(language):
    app = falcon.asgi.App()
    app.add_route("/apiv2/openapi.json", OpenApi(API))

    result = testing.TestClient(app).simulate_get(
        "/apiv2/openapi.json", params={"lang": language}, host="sms.example.cm", protocol="https"
    )

    assert result.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(result.content) == json.loads(json.dumps(description(API, BASE, language)))
    assert b"\\u00" not in result.content


def test_an_unknown_language_is_answered_in_french():
    app = falcon.asgi.App()
    app.add_route("/apiv2/openapi.json", OpenApi(API, "https://sms.example.cm"))

    result = testing.TestClient(app).simulate_get("/apiv2/openapi.json?lang=xx")

    assert result.json == json.loads(json.dumps(description(API, BASE)))
