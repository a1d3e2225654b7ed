"""Codes: made, told, judged, limited."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.encoding import Encoding, encoding_of
from smsflow.domain.segments import count
from smsflow.domain.verification import (
    DEFAULT_TEMPLATE_FR,
    MAX_TRIES,
    CodeState,
    Judgement,
    judge,
    minutes_of,
    new_code,
    render,
    shown_state,
    typed,
    wait_before_next,
)
from smsflow.errors import CodeBlocked, CodeExpired, CodeNeverSent, CodeUsed, CodeWrong

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=900)


def a_judgement(given="422510", *, expected="422510", state=CodeState.SENT, tries=0, expires_at=LATER, now=NOW):
    return judge(given, expected, state=state, tries=tries, expires_at=expires_at, now=now)


@given(st.integers(0, 899_999))
def test_a_code_has_six_digits_and_survives_as_an_integer(drawn):
    code = new_code(lambda _bound: drawn)

    assert len(code) == 6
    assert str(int(code)) == code


def test_every_code_can_be_drawn():
    bounds = []

    first = new_code(lambda bound: bounds.append(bound) or 0)
    last = new_code(lambda bound: bound - 1)

    assert (first, last, bounds) == ("100000", "999999", [900_000])


def test_the_right_code_is_validated():
    assert a_judgement() == Judgement(CodeState.VALIDATED, 0, None)


def test_the_right_code_is_validated_after_four_wrong_ones():
    assert a_judgement(tries=MAX_TRIES - 1) == Judgement(CodeState.VALIDATED, MAX_TRIES - 1, None)


@pytest.mark.parametrize(
    "wrong", ["422511", "", "42251", "4225100", "422510.5", "422510.00", "4 2 2 5 1", "-", "é", "\ud800", "422510" * 20]
)
def test_a_wrong_code_counts(wrong):
    judgement = a_judgement(given=wrong, tries=1)

    assert (judgement.state, judgement.tries) == (CodeState.SENT, 2)
    assert isinstance(judgement.refusal, CodeWrong)


@pytest.mark.parametrize(
    "written",
    [
        "422 510",
        " 422510 ",
        "422-510",
        "4 2 2 5 1 0",
        "422510.0",
        "422510\r\n",
        "\u200f422510\u200e",
        "\u2066422\u00a0510\u2069",
        "422\u2013510",
        "422\u202f510",
        "\ufeff422510",
        "４２２５１０",
        "٤٢٢٥١٠",
        "४२२५१०",
    ],
)
def test_the_right_code_is_right_however_it_is_typed(written):
    assert a_judgement(given=written) == Judgement(CodeState.VALIDATED, 0, None)


@given(
    st.integers(100_000, 999_999).map(str),
    st.text(" \t\u00a0\u2009-\u2010\u2013\u200e\u202a\ufeff", max_size=5),
    st.integers(0, 6),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "০১২৩৪৫৬৭৮৯"]),
)
def test_marks_spaces_and_dashes_in_a_code_of_any_script_change_nothing(code, marks, place, script):
    written = "".join(script[int(digit)] for digit in code)

    assert typed(written[:place] + marks + written[place:]) == code


@given(st.text(max_size=80))
def test_no_text_is_a_code_that_it_does_not_spell(text):
    if typed(text) == "422510":
        assert [unicodedata.decimal(c) for c in text.removesuffix(".0") if c.isdecimal()] == [4, 2, 2, 5, 1, 0]


@pytest.mark.parametrize(("tries", "left"), [(0, 4), (3, 1), (4, 0)])
def test_a_wrong_code_says_how_many_tries_are_left(tries, left):
    assert a_judgement(given="000000", tries=tries).refusal.details == {"tries_left": left}


def test_the_fifth_wrong_code_is_refused_as_wrong_and_blocks_the_code():
    judgement = a_judgement(given="000000", tries=4)

    assert (judgement.state, judgement.tries) == (CodeState.BLOCKED, 5)
    assert isinstance(judgement.refusal, CodeWrong)


@pytest.mark.parametrize("given_", ["422510", "000000"])
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (CodeState.VALIDATED, CodeUsed),
        (CodeState.EXPIRED, CodeExpired),
        (CodeState.BLOCKED, CodeBlocked),
        (CodeState.REPLACED, CodeNeverSent),
        (CodeState.FAILED, CodeNeverSent),
    ],
)
@pytest.mark.parametrize("now", [NOW, LATER + timedelta(days=1)])
def test_a_code_that_is_no_longer_sent_is_refused_whatever_is_given(state, refusal, given_, now):
    judgement = a_judgement(given=given_, state=state, tries=3, now=now)

    assert (judgement.state, judgement.tries) == (state, 3)
    assert type(judgement.refusal) is refusal


@pytest.mark.parametrize("given_", ["422510", "000000"])
def test_an_expired_code_is_refused_and_the_try_does_not_count(given_):
    judgement = a_judgement(given=given_, tries=3, now=LATER)

    assert (judgement.state, judgement.tries) == (CodeState.EXPIRED, 3)
    assert isinstance(judgement.refusal, CodeExpired)


def test_a_code_is_good_until_the_instant_it_expires():
    assert a_judgement(now=LATER - timedelta(microseconds=1)).refusal is None


def test_a_guesser_gets_five_tries_and_no_more():
    state, tries, refusals = CodeState.SENT, 0, []

    for guess in ["100000", "100001", "100002", "100003", "100004", "422510"]:
        judgement = a_judgement(given=guess, state=state, tries=tries)
        state, tries = judgement.state, judgement.tries
        refusals.append(type(judgement.refusal))

    assert refusals == [CodeWrong] * 5 + [CodeBlocked]
    assert (state, tries) == (CodeState.BLOCKED, MAX_TRIES)


@pytest.mark.parametrize("state", list(CodeState))
def test_only_a_sent_code_shows_as_expired_past_its_end(state):
    expected = CodeState.EXPIRED if state is CodeState.SENT else state

    assert shown_state(state, LATER, NOW) is state
    assert shown_state(state, LATER, LATER) is expected


@pytest.mark.parametrize(("timeout", "minutes"), [(30, 1), (60, 1), (61, 2), (900, 15), (86400, 1440)])
def test_minutes_are_rounded_up(timeout, minutes):
    assert minutes_of(timeout) == minutes


def test_the_default_text():
    text = render(DEFAULT_TEMPLATE_FR, code="422510", company="Ngondo Express", minutes=15)

    assert text == "Votre code de vérification Ngondo Express est 422510. Il expire dans 15 minutes."
    assert encoding_of(text) is Encoding.GSM7
    assert count(text) == 1


def test_one_minute_is_singular():
    text = render(DEFAULT_TEMPLATE_FR, code="422510", company="Ngondo", minutes=1)

    assert text.endswith("Il expire dans 1 minute.")


@pytest.mark.parametrize(
    ("template", "company", "text"),
    [
        ("{code}", "X", "422510"),
        ("{code} {code} {company}", "{code}", "422510 422510 {code}"),
        ("{company}: {code}", "{minutes}", "{minutes}: 422510"),
        ("{company.__class__} {0} {} {{code}} {code", "X", "{company.__class__} {0} {} {422510} {code"),
        ("{code}: \\1 \\g<0>", "X", "422510: \\1 \\g<0>"),
        ("{company} {code}", "\\1", "\\1 422510"),
    ],
)
def test_only_the_three_names_are_replaced_and_only_once(template, company, text):
    assert render(template, code="422510", company=company, minutes=15) == text


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("sent", "wait"),
    [
        ([], 0),
        ([ago(0)], 30),
        ([ago(29.2)], 1),
        ([ago(29)], 1),
        ([ago(30)], 0),
        ([ago(10), ago(3000)], 20),
        ([ago(s) for s in (100, 200, 300, 400)], 0),
        ([ago(s) for s in (100, 200, 300, 400, 500)], 3100),
        ([ago(s) for s in (500, 100, 300, 200, 400)], 3100),
        ([ago(s) for s in (100, 200, 300, 400, 3599)], 1),
        ([ago(s) for s in (100, 200, 300, 400, 3600)], 0),
        ([ago(s) for s in (5, 200, 300, 400, 3590)], 25),
        ([ago(s) for s in (100, 200, 300, 400, 500, 600)], 3100),
    ],
)
def test_the_wait_before_the_next_code(sent, wait):
    assert wait_before_next(sent, now=NOW) == wait


def test_a_company_can_change_both_limits():
    sent = [ago(10), ago(20)]

    assert wait_before_next(sent, now=NOW, every_seconds=60, per_hour=10) == 50
    assert wait_before_next(sent, now=NOW, every_seconds=5, per_hour=2) == 3580


def test_a_limit_of_zero_is_no_limit():
    assert wait_before_next([ago(0)] * 9, now=NOW, every_seconds=0, per_hour=0) == 0


@given(st.lists(st.integers(0, 8000).map(ago), max_size=12))
def test_after_the_wait_a_code_may_be_sent_and_not_a_second_before(sent):
    wait = wait_before_next(sent, now=NOW)

    assert wait_before_next(sent, now=NOW + timedelta(seconds=wait)) == 0
    assert wait == 0 or wait_before_next(sent, now=NOW + timedelta(seconds=wait - 1)) == 1
