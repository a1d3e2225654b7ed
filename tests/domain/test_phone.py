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
        "6 90-00.00 01",
        "690000001.",
        # A spreadsheet's or JSON's whole number.
        "690000001.0",
        "237690000001.00",
        "+237690000001.0",
        # Between separators that typographers use, and marks that nobody sees.
        "\u2066+237\u2069\u200e 690\u2009000\u3000001",
        "\ufeff+237\u00ad690\u200b000\u2060001",
        "690\u2010000\u2011001",
        "690\u2013000\u2014001",
        "690\u2212000\uff0d001",
        "690\u2000000\u205f001",
        "690\t000\t001",
        "690000001\r\n",
        "\n690000001\u2028",
        # In the digits of another script.
        "٦٩٠٠٠٠٠٠١",
        "۶۹۰۰۰۰۰۰۱",
        "६९० ००० ००१",
        "\uff0b237690000001",
        "６９０ ０００ ００１",
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
        "690000001" * 4,
        "6 9 0 0 0 0 0 0 1" + " " * 64 + "1",
        # Two numbers, or a number and something else.
        "69000000/1",
        "690000001/1",
        "690000001/690000002",
        "690000001 / 690000002",
        "690000001,690000002",
        "690000001;690000002",
        "690000001\n690000002",
        "690000001 690000002",
        "690000001-690000002",
        "690000001.690000002",
        "690/000/001",
        # Not whole numbers.
        "690000001.5",
        "690000001.50",
        "690000001.000",
        "69000000.1",
        "6900000.01",
        "690 000 001.0",
        "690.000.001.5",
        "690000001,0",
        "6.90000001e8",
        "2.37690000001E+11",
        # Texts that nobody can dial.
        "-690000001",
        "690000001²",
        "⑥90000001",
        "690\n000001",
        "690\r\n000001",
        "690\u2028000001",
        "690*000001",
        "6️⃣90000001",
    ],
)
def test_a_text_that_is_no_number_is_refused(raw):
    with pytest.raises(NumberInvalid):
        parse(raw, country="CM")


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SEPARATORS = ["/", " / ", ",", ";", "|", "\n", " ", "-", ".", " . ", "+", " - "]


def examples_of(region):
    """Return the numbers that the library gives as examples of a country's mobile and fixed ones, in each of their forms."""
    types = phonenumbers.PhoneNumberType
    forms = phonenumbers.PhoneNumberFormat
    for type_ in (types.MOBILE, types.FIXED_LINE):
        example = phonenumbers.example_number_for_type(region, type_)
        for form in (forms.NATIONAL, forms.INTERNATIONAL, forms.E164) if example else ():
            yield phonenumbers.format_number(example, form), phonenumbers.format_number(example, forms.E164)


@pytest.mark.parametrize("region", REGIONS)
def test_nowhere_are_two_numbers_a_third(region):
    for written, e164 in examples_of(region):
        assert parse(written, country=region).e164 == e164
        for separator in SEPARATORS:
            with pytest.raises(NumberInvalid):
                parse(written + separator + written, country=region)


@pytest.mark.parametrize("region", REGIONS)
def test_nowhere_is_a_fraction_a_digit_more(region):
    for written, e164 in examples_of(region):
        digits = written.translate(dict.fromkeys(map(ord, " -()./")))
        for fraction in (".1", ".5", ".50", "/1", "/12", ",0"):
            with pytest.raises(NumberInvalid):
                parse(digits + fraction, country=region)
        assert parse(digits + ".0", country=region) == parse(digits, country=region)
        assert parse(digits, country=region).e164 == e164


@given(
    st.lists(
        st.sampled_from(" \t\u00a0\u202f\u2009-\u2010\u2011\u2013\u2212\u200e\u200f\u202a\u2066\ufeff\u00ad"),
        min_size=8,
        max_size=8,
    ),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"]),
    st.text("\u200e\u202a\ufeff\r\n ", max_size=4),
)
def test_marks_spaces_and_dashes_between_digits_of_any_script_change_nothing(between, script, around):
    written = "".join(script[int(d)] + mark for d, mark in zip("690000001", [*between, ""], strict=True))

    assert parse(around + written + around, country="CM") == CAMEROON_MOBILE


def test_the_refusal_names_the_parameter_and_the_country():
    with pytest.raises(NumberInvalid) as refusal:
        parse("12", country="CM", parameter="phone_number")

    assert refusal.value.details == {"parameter": "phone_number", "country": "CM", "number": "12"}


def test_a_refusal_never_repeats_more_than_a_number_can_be():
    with pytest.raises(NumberInvalid) as refusal:
        parse("6" * 1_000_000, country="CM")

    assert len(refusal.value.details["number"]) == 32


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
