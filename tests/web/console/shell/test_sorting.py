"""The order of a table, as the address asks for it."""

from datetime import UTC, datetime

import pytest
from falcon.testing import create_asgi_req

from smsflow.web.console.shell.sorting import asked_order
from smsflow.web.http.request import Request

ROWS = ["zoé", "Éric", "", "eric", "Œuvre", "abel", "office"]
COLUMNS = {"name": str, "length": len, "first": lambda row: datetime(2026, 1, len(row), tzinfo=UTC) if row else None}


def order(query):
    return asked_order(create_asgi_req(path="/app/lists", query_string=query, req_type=Request), COLUMNS)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("sort=name", ["abel", "Éric", "eric", "Œuvre", "office", "zoé", ""]),
        ("sort=-name", ["zoé", "office", "Œuvre", "Éric", "eric", "abel", ""]),
        ("sort=length", ["", "zoé", "Éric", "eric", "abel", "Œuvre", "office"]),
        ("sort=-length", ["office", "Œuvre", "Éric", "eric", "abel", "zoé", ""]),
        ("sort=first", ["zoé", "Éric", "eric", "abel", "Œuvre", "office", ""]),
        ("sort=-first", ["office", "Œuvre", "Éric", "eric", "abel", "zoé", ""]),
        ("sort=length&sort=name", ["abel", "Éric", "eric", "Œuvre", "office", "zoé", ""]),
        *[
            (q, ROWS)
            for q in ("", "sort=", "sort=-", "sort=--name", "sort=phone", "sort=Name", "sort=%00", "sort=name,-")
        ],
    ],
)
def test_rows_stand_in_the_order_of_the_address_and_otherwise_as_they_came(query, rows):
    assert order(query).sort(ROWS) == rows


@pytest.mark.parametrize(
    ("query", "state", "leads_to"),
    [
        ("", "", "sort=name"),
        ("sort=name", "ascending", "sort=-name"),
        ("sort=-name", "descending", "sort=name"),
        ("sort=length", "", "sort=name"),
        ("sort=phone", "", "sort=name"),
        # The filter stays; the page, and what was done before, do not.
        ("q=a%26b&sort=name&before=9&after=3&done=1", "ascending", "q=a%26b&sort=-name"),
        ("day=1&day=2", "", "day=1&day=2&sort=name"),
    ],
)
def test_a_heading_leads_to_its_order_and_from_there_to_the_other_direction(query, state, leads_to):
    asked = order(query)

    assert (asked.state("name"), asked.address("name")) == (state, f"/app/lists?{leads_to}")
