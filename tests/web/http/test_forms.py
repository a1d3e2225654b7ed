import contextlib
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.errors import (
    BodyUnreadable,
    CharsetUnknown,
    ContentTypeUnknown,
    ParameterInvalid,
    ParameterMissing,
    ParameterRepeated,
)
from smsflow.web.http import forms
from tests.web.customer import BODIES, BOUNDARY, multipart

MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("kind", BODIES)
def test_each_kind_of_body_gives_the_same_fields(kind):
    fields = {"number": "+237690000001", "message": "Ça va, Awa ? 100 % & plus = «été» 😀\r\n--fin", "sender_id": ""}
    body, content_type = BODIES[kind](fields)

    assert forms.parse(content_type, body) == fields


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
        ("application/x-www-form-urlencoded", b"a=1&" * forms.MOST_FIELDS),
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"1"),
        ("application/json", b'{"a": "\xff"}'),
        ("application/json", b'{"a": "\\ud800"}'),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a":' * 100_000),
        ("multipart/form-data", b"--x--\r\n"),
        (MULTIPART, b"nothing of the kind"),
        (MULTIPART, multipart({"a": "1"})[0].removesuffix(b"--\r\n")),
        (MULTIPART, multipart({"a": "1"})[0][:60]),
        (MULTIPART, f"--{BOUNDARY}\r\n\r\nno name\r\n--{BOUNDARY}--".encode()),
        (MULTIPART, multipart({"a": "1"})[0].replace(b"1", b"\xff", 99)),
        (MULTIPART, multipart({str(n): "1" for n in range(forms.MOST_FIELDS + 1)})[0]),
        (MULTIPART, multipart({"a": "MQ=="})[0].replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(content_type, body):
    with pytest.raises(BodyUnreadable):
        forms.parse(content_type, body)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "x", "multipart/mixed; boundary=x", None])
def test_an_unknown_type_of_body_is_refused(content_type):
    with pytest.raises(ContentTypeUnknown):
        forms.parse(content_type, b"number=690000001")


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_no_body_is_no_fields(content_type):
    assert forms.parse(content_type, b"") == {}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=2&a=3"),
        ("application/json", b'{"a": "1", "b": "2", "a": "3"}'),
        (
            MULTIPART,
            multipart({"a": "1", "b": "2"})[0].removesuffix(f"--{BOUNDARY}--\r\n".encode()) + multipart({"a": "3"})[0],
        ),
    ],
)
def test_of_a_name_given_twice_the_last_counts(content_type, body):
    assert forms.parse(content_type, body) == {"a": "3", "b": "2"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"number=690000001&message=a&number=690000002"),
        ("application/x-www-form-urlencoded", b"number=690000001&number=690000001"),
        ("application/json", b'{"number": "690000001", "message": "a", "number": "690000002"}'),
        ("application/json", b'{"number":690000001,"number":690000002}'),
        (
            MULTIPART,
            multipart({"number": "690000001"})[0].removesuffix(f"--{BOUNDARY}--\r\n".encode())
            + multipart({"number": "690000002"})[0],
        ),
    ],
)
def test_a_number_given_twice_is_refused_instead_of_sending_to_one_of_them(content_type, body):
    with pytest.raises(ParameterRepeated) as refused:
        forms.parse(content_type, body, numbers=("number", "phone_number"))
    assert refused.value.details == {"parameter": "number"}


def test_a_number_after_an_empty_one_is_given_once():
    body = b"number=&number=690000001"

    assert forms.parse("application/x-www-form-urlencoded", body, numbers=("number",)) == {"number": "690000001"}


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("kind", BODIES)
def test_a_byte_order_mark_before_a_body_is_not_part_of_it(kind):
    body, content_type = BODIES[kind]({"number": "690000001", "message": "été"})

    assert forms.parse(content_type, BOM + body) == {"number": "690000001", "message": "été"}


def test_a_byte_order_mark_before_a_value_is_not_part_of_it():
    assert forms.parse(MULTIPART, multipart({"message": "\ufeffété"})[0]) == {"message": "été"}
    assert forms.parse("application/x-www-form-urlencoded", b"message=%EF%BB%BFBonjour") == {"message": "Bonjour"}


@pytest.mark.parametrize("charset", ["ISO-8859-1", "latin1", '"windows-1252"', "iso-8859-15"])
@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/x-www-form-urlencoded", "message=d%E9jà vu".encode("latin-1")),
        ("application/json", '{"message": "déjà vu"}'.encode("latin-1")),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=message\r\n\r\ndéjà vu\r\n--x--".encode("latin-1"),
        ),
    ],
)
def test_a_charset_that_is_announced_is_honoured(charset, media, body):
    assert forms.parse(f"{media}; charset={charset}", body) == {"message": "déjà vu"}


def test_a_charset_that_a_part_announces_is_honoured():
    body = '--x\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Disposition: form-data; name="a"\r\n\r\nété\r\n--x--'

    assert forms.parse("multipart/form-data; boundary=x", body.encode("latin-1")) == {"a": "été"}


@pytest.mark.parametrize("charset", ["utf-16", "koi8-r", "shift_jis", "utf-7", "idna", "x", "unicode_escape"])
@pytest.mark.parametrize(
    "media", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"]
)
def test_a_charset_that_is_not_read_is_refused_by_its_name(charset, media):
    with pytest.raises(CharsetUnknown) as refused:
        forms.parse(f"{media}; charset={charset}", b"a=1")
    assert refused.value.details == {"charset": charset}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=us-ascii", "a=é".encode()),
        ("application/json; charset=us-ascii", '{"a": "é"}'.encode()),
        ("application/x-www-form-urlencoded; charset=utf-8", b"a=%e9"),
        ("application/x-www-form-urlencoded; charset=windows-1252", b"a=%81"),
    ],
)
def test_a_body_in_another_charset_than_it_announces_is_refused(content_type, body):
    with pytest.raises(BodyUnreadable):
        forms.parse(content_type, body)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"number=+237690000001", "+237690000001"),
        (b"message=x&number=+237690000001", "+237690000001"),
        (b"number=%2B237690000001", "+237690000001"),
        (b"number=%20690000001", " 690000001"),
        (b"number=+ 690000001", "  690000001"),
        (b"number=690+00+00+01", "690 00 00 01"),
    ],
)
def test_a_plus_before_a_number_that_was_not_encoded_is_a_plus(body, number):
    assert forms.parse("application/x-www-form-urlencoded", body, numbers=("number",))["number"] == number


def test_a_plus_in_a_text_is_a_space():
    fields = forms.parse("application/x-www-form-urlencoded", b"message=+5+francs&number=%201", numbers=("number",))

    assert fields == {"message": " 5 francs", "number": " 1"}


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; ----735323", f"multipart/form-data; {BOUNDARY}"]
)
def test_a_boundary_that_is_not_named_is_the_bodys_first_line(content_type):
    body, _ = multipart({"number": "690000001", "message": "été\r\n--x"})

    assert forms.parse(content_type, body) == {"number": "690000001", "message": "été\r\n--x"}


def test_the_parameters_of_a_content_type_do_not_matter():
    assert forms.parse("Application/JSON; charset=utf-8", b'{"a": "1"}') == {"a": "1"}
    assert forms.parse("application/x-www-form-urlencoded;charset=UTF-8", b"a=1") == {"a": "1"}


def test_a_file_is_read_as_a_text_and_its_name_is_not_the_fields():
    body = f'--{BOUNDARY}\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; filename="a; name=b"; name="c"\r\n\r\nété\r\n--{BOUNDARY}--'

    assert forms.parse(MULTIPART, body.encode()) == {"c": "été"}


@pytest.mark.parametrize("quoted", ['say \\"hi\\"', "say %22hi%22"])
def test_a_quote_in_the_name_of_a_part_is_understood(quoted):
    body, content_type = multipart({quoted: "1"})

    assert forms.parse(content_type, body) == {'say "hi"': "1"}


def test_a_preamble_a_quoted_boundary_and_padding_are_allowed():
    body = b"preamble\r\n--a b  \r\ncontent-disposition:form-data;name=a\r\n\r\n\r\n--x\r\n--a b--\r\nepilogue"

    assert forms.parse('multipart/form-data; boundary="a b"', body) == {"a": "\r\n--x"}


def test_numbers_of_json_are_texts_and_null_is_not_given():
    fields = forms.parse("application/json", b'{"a": 1767225600, "b": null, "c": "", "d": 1.5}')

    assert [forms.optional(fields, name, numeric=True) for name in "abcde"] == ["1767225600", None, None, "1.5", None]


@pytest.mark.parametrize(
    ("written", "read"),
    [(b"690000001.0", "690000001"), (b"2.37690000001e11", "237690000001"), (b"1e300", "1e+300"), (b"1.5", "1.5")],
)
def test_a_number_of_json_without_a_fraction_is_whole(written, read):
    fields = forms.parse("application/json", b'{"a": %b}' % written)

    assert forms.mandatory(fields, "a", numeric=True) == read


@pytest.mark.parametrize("value", [b"1", b"1.5", b"0"])
def test_a_number_of_json_is_no_text(value):
    fields = forms.parse("application/json", b'{"message": %b}' % value)

    for read in (forms.mandatory, forms.optional):
        with pytest.raises(ParameterInvalid) as refused:
            read(fields, "message")
        assert refused.value.details["parameter"] == "message"


def test_whole_numbers_of_json_are_digits():
    fields = forms.parse("application/json", b'{"a": 900, "b": 900.0, "c": "900"}')

    assert [forms.digits(fields[name], name, expected="") for name in "abc"] == [900, 900, 900]


@pytest.mark.parametrize("value", [1.5, 1e300, True, [1], {"a": 1}])
def test_json_numbers_that_are_not_whole_are_refused(value):
    with pytest.raises(ParameterInvalid):
        forms.digits(value, "timeout", expected="")


@pytest.mark.parametrize("value", [b"[]", b"{}", b"true", b"false"])
def test_a_parameter_that_is_neither_text_nor_number_is_named(value):
    with pytest.raises(ParameterInvalid) as refused:
        forms.optional(forms.parse("application/json", b'{"a": ' + value + b"}"), "a")
    assert refused.value.details["parameter"] == "a"


def test_a_mandatory_field_that_is_empty_is_missing():
    with pytest.raises(ParameterMissing) as refused:
        forms.mandatory({"number": ""}, "number")
    assert refused.value.details == {"parameter": "number"}


@pytest.mark.parametrize("value", [" ", "-1", "+1", "1.5", "1e3", "١", "²", "0x1", "1_000", "1" * 19, "9" * 5000])
def test_digits_are_digits(value):
    with pytest.raises(ParameterInvalid):
        forms.digits(value, "timeout", expected="")


@given(
    st.binary(),
    st.sampled_from(["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"]),
)
def test_whatever_bytes_come_are_fields_or_a_refusal(body, content_type):
    with contextlib.suppress(BodyUnreadable):
        assert all(isinstance(name, str) for name in forms.parse(content_type, body))


@given(
    st.lists(
        st.sampled_from(
            [b"--x", b"--", b"\r\n", b"\r\n\r\n", b'content-disposition: form-data; name="a"', b"v", b"\xff"]
        )
    )
)
def test_whatever_is_made_of_the_pieces_of_multipart_is_fields_or_a_refusal(pieces):
    with contextlib.suppress(BodyUnreadable):
        assert forms.parse("multipart/form-data; boundary=x", b"".join(pieces)).keys() <= {"a"}


@given(st.dictionaries(TEXTS, TEXTS))
def test_a_form_is_read_as_the_standard_library_reads_it_but_for_byte_order_marks(fields):
    body = urlencode(fields)
    read = dict(parse_qsl(body, keep_blank_values=True))

    assert forms.parse("application/x-www-form-urlencoded", body.encode()) == {
        name: value.removeprefix("\ufeff") for name, value in read.items()
    }


@given(st.dictionaries(TEXTS.filter(str.isalnum), TEXTS, max_size=5))
def test_multipart_gives_every_text_back(fields):
    body, content_type = multipart(fields)

    assert forms.parse(content_type, body) == fields
