"""Numbers as files have them, and the attributes of a contact."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsflow.domain.contact import MAX_ATTRIBUTES, MAX_VALUE, NumberFault, Numbers, attributes_of, read_numbers
from smsflow.errors import ParameterInvalid

ALONE = "+237691234567"
BOTH = ["+237691234567", "+237677123456"]


def numbers(*cells, country="CM"):
    read = read_numbers(cells, country=country)
    return [n.e164 for n in (read.first, *read.others)] if isinstance(read, Numbers) else read


@pytest.mark.parametrize(
    "cell",
    [
        "691234567",
        "237691234567",
        "+237691234567",
        "00237691234567",
        "+00237691234567",
        "237691234567.0",
        "691234567,00",
        "237 691 234 567,00",
        "2.37691234567E+11",
        "2,37691234567e+011",
        "6,91234567E+08",
        "6.91234567E 08",
        "'691234567",
        "’691234567",
        '="691234567"',
        '"691234567"',
        "691 23 45 67",
        "691\u00a023\u202f45\u200967",
        "\u202a+237 691 23 45 67\u202c",
        "\u200e691234567\ufeff",
        "691-23-45-67",
        "691\u201123\u201345\u221267",
        "691.23.45.67",
        "691/23/45/67",
        "+237 (0)691 23 45 67",
        "(691) 234-567",
        "( 0 ) 691234567",
        "٦٩١٢٣٤٥٦٧",
        "۶۹۱۲۳۴۵۶۷",
        "６９１２３４５６７",
        "\uff0b237691234567",
        "Tel: 691 23 45 67",
        "Tél. 1 : 691234567",
        "691234567 (WhatsApp)",
        "691234567 poste 12",
        "691234567 - Jean",
        "691234567e12",
        "  691234567\r\n",
        "6️⃣91234567",
        "691234567 / 691 23 45 67",
        "691234567/7",
        "691,234,567",
        "237,691,234,567",
    ],
)
def test_a_number_is_read_however_it_is_written(cell):
    assert numbers(cell) == [ALONE]


@pytest.mark.parametrize(
    "cell",
    [
        "691234567/677123456",
        "691234567.0 / 677123456.0",
        "691 23 45 67 / 677 12 34 56",
        "691234567;677123456",
        "691234567,677123456",
        "691234567 ou 677123456",
        "691234567 ::: +237 677-12-34-56",
        "691234567\n677123456",
        "Mobile 1: 691234567, Mobile 2: 677123456",
        "691234567 677123456",
        "691 23 45 67 677 12 34 56",
        "691234567-677123456",
        "+237691234567+237677123456",
        "691234567+677123456",
        "691 23 45 67 + 677 12 34 56",
        "00237691234567 00237677123456",
    ],
)
def test_two_numbers_in_a_cell_are_two(cell):
    assert numbers(cell) == BOTH


@pytest.mark.parametrize(
    ("cell", "other"),
    [
        ("691234567/8", "691234568"),
        ("691 23 45 67 / 68", "691234568"),
        ("+237691234567/890", "691234890"),
        ("691234567.0/8", "691234568"),
        ("691 23 45 67 ou 68", "691234568"),
        ("691234567/8 (WhatsApp)", "691234568"),
    ],
)
def test_a_second_number_can_be_written_as_its_last_digits(cell, other):
    assert numbers(cell) == [ALONE, f"+237{other}"]
    assert numbers(f"{cell} ou 677123456") == [ALONE, f"+237{other}", BOTH[1]]


@pytest.mark.parametrize("cell", ["691234567 poste 8", "691234567 / 2 femmes", "691234567, 12/13", "691234567 ou rien"])
def test_digits_behind_a_number_are_no_second_one_without_a_slash(cell):
    assert numbers(cell) == [ALONE]


@pytest.mark.parametrize("cell", ["", " ", "-", "néant", "N/A", "aucun", "\u200e", "+"])
def test_a_cell_without_digits_is_empty(cell):
    assert numbers(cell) is NumberFault.EMPTY


@pytest.mark.parametrize(
    "cell",
    [
        "2,37691E+11",
        "2.37691E+11",
        "2.3769E11",
        "6,91E+08",
        "2E+11",
        "Tel 2,37691E+11",
        "6,91235E+17",
        "691234567677123000",
    ],
)
def test_a_number_that_lost_digits_to_excel_is_reported_as_such(cell):
    assert numbers(cell) is NumberFault.ROUNDED


@pytest.mark.parametrize(
    "cell",
    [
        "12",
        "69123456",
        "69000000/1",
        "690000001.5",
        "690000001,5",
        "6912345678",
        "6797123456",  # one digit too many, and read with a + it would be somebody in Fiji
        "691O34567",
        "12/05/2026",
        "6912345.00",
        "1" * 150,
        "6" * 5_000,
        "6 9 " * 40,
    ],
)
def test_a_text_that_is_no_number_is_never_guessed(cell):
    assert numbers(cell) is NumberFault.INVALID


def test_the_mobile_number_of_a_person_comes_first():
    assert numbers("222 23 45 67", "691234567") == [ALONE, "+237222234567"]
    assert numbers("222234567/691234567") == [ALONE, "+237222234567"]
    assert numbers("222234567") == ["+237222234567"]


def test_two_short_numbers_that_look_like_one_of_another_country_are_not_guessed():
    assert numbers("6113000 6111234", country="IS") is NumberFault.INVALID
    assert numbers("6113000 / 6111234", country="IS") == ["+3546113000", "+3546111234"]
    assert numbers("336 12 34 56 78", country="IS") == ["+33612345678"]


def test_the_other_numbers_of_a_person_are_attributes():
    read = read_numbers(["222234567", "691234567 / 677123456"], country="CM")

    assert read.attributes == {"number_2": "+237677123456", "number_3": "+237222234567"}
    assert attributes_of(read.attributes) == read.attributes


def test_a_number_that_a_person_has_twice_is_one():
    assert numbers("691234567", "+237 691 23 45 67") == [ALONE]


def test_one_good_number_is_enough_and_the_fault_that_says_most_is_reported():
    assert numbers("2,37691E+11", "691234567") == [ALONE]
    assert numbers("", "12", "2,37691E+11") is NumberFault.ROUNDED
    assert numbers("12", "") is NumberFault.INVALID


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("33612345678", "CM", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "CM", "+33612345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("(0)6.12.34.56.78", "FR", "+33612345678"),
        ("6,12345678E+08", "FR", "+33612345678"),
        ("0171/1234567", "DE", "+491711234567"),
    ],
)
def test_numbers_of_other_countries_are_read(cell, country, number):
    assert numbers(cell, country=country) == [number]


SEPARATORS = st.sampled_from(["", " ", "\u00a0", "\u202f", "-", "\u2011", ".", "\u200e", "  "])
DIGITS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])


@given(
    st.integers(650_000_000, 659_999_999),
    st.sampled_from(["", "237", "+237", "00237"]),
    st.lists(SEPARATORS, min_size=15, max_size=15),
    DIGITS,
    st.sampled_from(["", "Tel: ", "'", "\u202a"]),
)
def test_separators_digits_and_prefixes_never_change_a_number(national, prefix, separators, digits, before):
    written = f"{prefix}{national}"
    assume(separators[: len(written) - 1].count(".") != 1)  # one point alone may be a decimal one
    cell = before + "".join((digits[int(c)] if c.isdigit() else c) + separators[i] for i, c in enumerate(written[:-1]))

    assert numbers(cell + digits[int(written[-1])]) == [f"+237{national}"]


@given(st.text() | st.text("0123456789+-./(),; eE'٦:"))
def test_whatever_is_read_stands_in_the_cell(cell):
    read = numbers(cell)

    digits = "".join(str(int(c)) for c in cell if c.isdecimal())
    assert isinstance(read, NumberFault) or all(e164[4:].rstrip("0") in digits for e164 in read)


def test_attributes_are_kept_without_the_empty_ones():
    assert attributes_of({"prenom": " Awa ", "ville": " "}) == {"prenom": "Awa"}


@pytest.mark.parametrize(
    "values",
    [
        {"Prenom": "Awa"},
        {"prénom": "Awa"},
        {"": "Awa"},
        {"a" * 41: "Awa"},
        {"stop": "x"},
        {"number": "691234567"},
        {"note": "x" * (MAX_VALUE + 1)},
        {f"a{i}": "x" for i in range(MAX_ATTRIBUTES + 1)},
    ],
)
def test_attributes_beyond_the_bounds_are_refused(values):
    with pytest.raises(ParameterInvalid):
        attributes_of(values)
