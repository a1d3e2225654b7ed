"""The description as a fuzzer reads it: whatever it makes of the calls, the answer is one that the description knows."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from smsflow.web.api_v2.calls import API
from smsflow.web.docs.openapi import description

# Requests that the description forbids and the server tolerates (a number as JSON, an unknown field) are no fault: those checks stay out.
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]

described = schemathesis.openapi.from_dict(description(API, "http://localhost"))


@pytest.fixture(scope="module")
def token(live_server):
    return live_server.a_customer(name="Fuzz", credits=10_000)


def much(examples):
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@described.parametrize()
@much(100)
def test_every_answer_is_one_that_the_description_knows(case, token, live_server):
    case.call_and_validate(
        base_url=live_server.url, headers={"Authorization": f"Token {token}"}, checks=CHECKS, timeout=30
    )


@described.parametrize()
@much(20)
def test_a_client_without_a_token_gets_answers_that_the_description_knows_too(case, live_server):
    case.call_and_validate(
        base_url=live_server.url, headers={"Authorization": "Token nobody"}, checks=CHECKS, timeout=30
    )
