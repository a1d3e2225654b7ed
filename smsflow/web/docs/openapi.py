"""An API as an OpenAPI 3.1 description, made from the calls that the pages show."""

import json
from functools import lru_cache
from typing import Any

import falcon.asgi

from smsflow.web.docs.catalogue import Catalogue, words
from smsflow.web.docs.programs import PLACEHOLDERS
from smsflow.web.http.access import Access
from smsflow.web.http.address import base_address
from smsflow.web.http.calls import Api, Call, Parameter
from smsflow.web.look.pages import LANGUAGES

Json = dict[str, Any]

_BODIES = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
_TOKEN = "token"  # noqa: S105 - the name of a security scheme

# The caller chooses the Host header: keep a few descriptions, not one for each made-up host.
_KEPT = 16


def description(api: Api, base_url: str, language: str = "fr") -> Json:
    """Return the description of `api`, served at `base_url`, its words in `language`."""
    catalogue = words(language)
    paths: dict[str, Json] = {}
    for call in api.calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(api, call, catalogue)
    return {
        "openapi": "3.1.0",
        "info": {"title": catalogue.title, "version": "2", "description": _plain(catalogue.description)},
        "servers": [{"url": base_url}],
        "security": [{_TOKEN: []}],
        "tags": [{"name": group, "description": catalogue.groups[group]} for group in ("sms", "codes", "account")],
        "paths": paths,
        "components": {
            "securitySchemes": {
                _TOKEN: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token <token>`",
                },
            },
            "headers": {"RetryAfter": {"schema": {"type": "integer", "minimum": 0}, "required": True}},
            "responses": {f"Error{status}": _error(status, catalogue) for status in api.errors},
            "schemas": {
                **{f"{_camel(call.name)}Reply": call.reply.schema for call in api.calls},
                **{
                    f"{_camel(call.name)}Request": _request(call, catalogue)
                    for call in api.calls
                    if call.method == "POST"
                },
                **{f"Error{status}": api.error_schema(status) for status in api.errors},
            },
        },
    }


def _operation(api: Api, call: Call, catalogue: Catalogue) -> Json:
    said = catalogue.calls[call.name]
    operation: Json = {
        "operationId": call.name,
        "tags": [_TAGS[call.name]],
        "summary": said.short,
        "description": "\n\n".join(_plain(text) for text in (*said.body, *said.notes)),
    }
    if not call.needs_token:
        operation["security"] = []
    if call.method == "GET":
        operation["parameters"] = [_query(parameter, said.parameters[parameter.name]) for parameter in call.parameters]
    else:
        schema = {"$ref": f"#/components/schemas/{_camel(call.name)}Request"}
        operation["requestBody"] = {"required": True, "content": {body: {"schema": schema} for body in _BODIES}}
    statuses = sorted({*call.errors, *api.general_errors[call.method]})
    operation["responses"] = {
        "200": {
            "description": _plain(said.reply),
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{_camel(call.name)}Reply"},
                    "example": call.reply.example,
                },
            },
        },
        **{str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses},
    }
    return operation


_TAGS = {
    "login": "account",
    "send": "sms",
    "sms": "sms",
    "smscode": "codes",
    "verify_code": "codes",
    "codes": "codes",
    "balance": "account",
}


def _query(parameter: Parameter, text: str) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.mandatory,
        "description": _plain(text),
        "schema": parameter.schema,
    }


def _request(call: Call, catalogue: Catalogue) -> Json:
    said = catalogue.calls[call.name].parameters
    return {
        "type": "object",
        "properties": {p.name: {**p.schema, "description": _plain(said[p.name])} for p in call.parameters},
        "required": [p.name for p in call.parameters if p.mandatory],
    }


def _error(status: int, catalogue: Catalogue) -> Json:
    response: Json = {
        "description": _plain(catalogue.errors[str(status)]),
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/Error{status}"}}},
    }
    if status in {429, 503}:
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return response


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plain(text: str) -> str:
    """Return a sentence of a catalogue as the Markdown of a description: links to the page lead to the page."""
    return text.replace("](#", "](/docs/#")


@lru_cache(maxsize=_KEPT)
def _encoded(api: Api, base_url: str, language: str) -> bytes:
    return json.dumps(description(api, base_url, language), ensure_ascii=False, indent=1).encode()


class OpenApi:
    """The description of an API, in French or with `?lang=en` in English."""

    access = Access.PUBLIC

    def __init__(self, api: Api, public_url: str | None = None) -> None:
        """Describe `api` as served at `public_url`, else at the request's own address."""
        self._api = api
        self._public_url = public_url

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer the description."""
        language = req.get_param("lang")
        base = base_address(req, self._public_url) or PLACEHOLDERS["server"]
        resp.data = _encoded(self._api, base, language if language in LANGUAGES else "fr")
        resp.content_type = "application/json; charset=utf-8"
        # A browser tool on another origin may read it: it holds nothing that the public page does not.
        resp.set_headers(
            {
                "Access-Control-Allow-Origin": "*",
                "Cache-Control": "no-cache",
                "Vary": "Host",
                "X-Content-Type-Options": "nosniff",
            },
        )
