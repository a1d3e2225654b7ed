"""A call of an API as it is described: where it is, what it takes and what it answers. An API fills these in; the documentation renders them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a call: a field of its body, or of its query."""

    name: str
    schema: Schema
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of a call, with 200: its schema, and an example that obeys it."""

    schema: Schema
    example: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `errors` are those of its own, beside what any call can answer."""

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    reply: Reply
    errors: tuple[int, ...]
    needs_token: bool = True


# Compared by identity, so that pages made of it can be kept by it.
@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """All that an API says of itself."""

    calls: tuple[Call, ...]
    # Every error status, and by method those that any call can answer.
    errors: tuple[int, ...]
    general_errors: Mapping[str, tuple[int, ...]]
    error_example: dict[str, Any]
    # The names of the statuses of an SMS by their number, and those of a code.
    sms_statuses: Mapping[int, str]
    code_statuses: tuple[str, ...]
    # The schema of the body that goes with an HTTP status.
    error_schema: Callable[[int], Schema]


def object_of(**properties: Schema) -> Schema:
    """Return the schema of an object that has exactly `properties`, all of them, in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
