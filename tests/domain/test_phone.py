"""Numbers as people write them."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsflow.domain import phone
from smsflow.domain.phone import MAX_LENGTH, Number, parse
from smsflow.errors import NumberInvalid

CAMEROON_MOBILE = Number(e164="+237690000001", country="CM", mobile=True)


@pytest.mark.parametrize(
    "raw",
    [
        "690000001",
        "690 00 00 01",
        "6 90.00.00-01",
        "+237690000001",
        "+237 6 90 00 00 01",
        "(+237) 690-000-001",
        "00237690000001",
        "00 237 690 00 00 01",
        "+00237690000001",
        "237690000001",
        "237 690 000 001",
        "+237\u00a0690\u202f000\u202f001",
        "\u202a+237690000001\u202c",
        "  690000001\t",
    ],
)
def test_a_number_is_kept_as_e164_however_it_is_written(raw):
    assert parse(raw, country="CM") == CAMEROON_MOBILE


@pytest.mark.parametrize(
    ("raw", "country", "e164", "region"),
    [
        ("06 12 34 56 78", "FR", "+33612345678", "FR"),
        ("+44 (0) 7400 123456", "FR", "+447400123456", "GB"),
        ("33612345678", "CM", "+33612345678", "FR"),
        ("+33612345678", "CM", "+33612345678", "FR"),
        ("0033612345678", "CM", "+33612345678", "FR"),
        ("077123456", "GA", "+24177123456", "GA"),
        ("+221 77 123 45 67", "CM", "+221771234567", "SN"),
        ("0701234567", "CI", "+2250701234567", "CI"),
    ],
)
def test_the_country_is_the_numbers_own(raw, country, e164, region):
    assert parse(raw, country=country) == Number(e164=e164, country=region, mobile=True)


def test_a_landline_is_valid_and_not_mobile():
    assert parse("222 22 11 11", country="CM") == Number(e164="+237222221111", country="CM", mobile=False)


def test_a_number_that_is_mobile_or_fixed_by_the_plan_counts_as_mobile():
    assert parse("+1 202 555 0123", country="CM").mobile


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "+",
        "0",
        "00",
        "112",
        "69000000",
        "6900000011",
        "+2376900000011",
        "+999123456789",
        "+237 690 00 00 0a",
        "smsflow",
        "690000001;ext=4",
        "tel:+237690000001",
        "+237+690000001",
        "++237690000001",
        "690000001\x00",
        "٦٩٠٠٠٠٠٠١",
        "690000001" * 4,
        " " * 40 + "690000001",
    ],
)
def test_what_is_no_number_is_refused(raw):
    with pytest.raises(NumberInvalid):
        parse(raw, country="CM")


def test_the_refusal_names_the_parameter_and_the_country():
    with pytest.raises(NumberInvalid) as refusal:
        parse("12", country="CM", parameter="phone_number")

    assert refusal.value.details == {"parameter": "phone_number", "country": "CM", "number": "12"}


def test_a_refusal_never_repeats_more_than_a_number_can_be():
    with pytest.raises(NumberInvalid) as refusal:
        parse("6" * 1_000_000, country="CM")

    assert len(refusal.value.details["number"]) == MAX_LENGTH


@given(st.text(max_size=40) | st.text("+0123456789 .-()", max_size=MAX_LENGTH), st.sampled_from(["CM", "FR", "US", ""]))
@example("00", "CM")
@example("\ud800", "CM")
def test_any_text_is_a_number_that_reads_back_the_same_or_is_refused(raw, country):
    try:
        number = parse(raw, country=country)
    except NumberInvalid:
        return

    assert parse(number.e164, country=country) == number


@given(
    st.sampled_from(["+237", "+241", "+33", "+242", "+234", "+225", "+49", "+91", "+233", "+250"]),
    st.text("0123456789", min_size=6, max_size=11),
)
@settings(max_examples=500)
def test_the_short_way_for_mobile_numbers_answers_what_the_library_answers(code, national):
    short = phone._plain_mobile(code + national)

    assert short is None or short == phone._valid(code + national, "CM")


@pytest.mark.parametrize("region", ["CM", "GA", "FR", "CG", "NG", "CI", "DE", "IN", "GH", "RW"])
def test_the_short_way_knows_the_mobile_numbers_of_a_country(region):
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)

    assert phone._valid(written, "CM") == phone._plain_mobile(written)


@given(st.sampled_from(["CM", "GA", "FR", "NG", "DE", "IN", "RW"]), st.text("0123456789", min_size=6, max_size=12))
@settings(max_examples=500)
def test_the_short_way_for_national_numbers_answers_what_the_library_answers(country, national):
    short = phone._plain_mobile(phone._calling_code(country) + national)

    assert short is None or short == phone._valid(national, country)
