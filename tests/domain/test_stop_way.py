import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain import stop_way
from smsflow.domain.optout import Command, command
from smsflow.domain.stop_way import Links, StopWays

BASE = "https://sms.example.cm"
LINKS = Links(BASE, random.Random(1).randrange)


@given(st.integers(1, 2**63 - 1))
def test_a_link_names_its_company_and_its_token(company):
    token = LINKS.new_token()

    address = LINKS.address(company, token)

    assert address.startswith(f"{BASE}/s/")
    assert stop_way.read(address.rpartition("/")[2]) == (company, token)


@given(st.text(max_size=40))
def test_any_text_names_a_company_and_a_token_or_nothing(name):
    found = stop_way.read(name)

    assert found is None or (found[0] < 2**63 and found[1] in name and len(found[1]) == 10)


@given(st.integers(1, 10**9))
def test_no_recipients_way_is_longer_than_the_one_that_segments_are_counted_with(company):
    ways = StopWays(company, LINKS, {1: "STOP au 8787", 2: "STOP " + "A" * 60})

    assert all(len(ways.shortest(connector)[0]) <= len(ways.longest()) for connector in (1, 2, 3))
    assert ways.shortest(1) == ("STOP au 8787", None)


def test_without_links_only_the_recipients_of_a_connector_with_a_number_have_a_way():
    ways = StopWays(1, None, {1: "STOP au 8787"})

    assert [ways.has_way(connector) for connector in (1, 2)] == [True, False]
    assert ways.shortest(2) is None


def test_the_text_that_a_recipient_is_asked_to_send_is_read_as_a_stop():
    for language in ("fr", "en"):
        told = stop_way.by_sms("8787", "awa", language=language)
        assert command(told, keyword="awa") is Command.STOP


@pytest.mark.parametrize("behind", [".", ",", "!", ").", "»", " "])
def test_punctuation_behind_an_address_is_no_part_of_it(behind):
    assert stop_way.read(f"20123456789{behind}") == (2, "0123456789")
