"""Files that cannot be read, each with its reason."""

import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from smsflow.sheets import delimited, workbook
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.layout import inspect, rows
from smsflow.sheets.preview import preview


def fault(path, **options):
    with pytest.raises(SheetUnreadable) as refused:
        inspect(path, **options)
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Fault.EMPTY),
        (b" \r\n\t\n", Fault.EMPTY),
        (b";;;\n;;\n", Fault.EMPTY),
        (b"BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n", Fault.EMPTY),
        (b"%PDF-1.7\n", Fault.NOT_A_SHEET),
        (b"\x89PNG\r\n\x1a\n", Fault.NOT_A_SHEET),
        (b"\xff\xd8\xff\xe0", Fault.NOT_A_SHEET),
        (b"\x00\x01\x02\x03" * 100, Fault.NOT_A_SHEET),
        (b"\xef\xbb\xbf<html><table>", Fault.NOT_A_SHEET),
        (b"<?xml version='1.0'?>", Fault.NOT_A_SHEET),
        (b"PK\x03\x04 and no more", Fault.DAMAGED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), Fault.DAMAGED),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le"),
            Fault.PROTECTED,
        ),
    ],
)
def test_a_file_that_is_no_sheet(tmp_path, content, code):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert fault(path) is code


def test_a_workbook_without_cells_and_a_sheet_that_is_not_there(tmp_path):
    path = tmp_path / "empty.xlsx"
    xlsxwriter.Workbook(path).close()

    assert fault(path) is Fault.EMPTY
    assert fault(path, sheet="Clients") is Fault.NO_SUCH_SHEET


def test_a_zip_that_is_no_workbook(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.txt", "x")

    assert fault(path) is Fault.DAMAGED


def test_a_workbook_that_unpacks_beyond_the_bound_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 100_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 1_000_000)

    assert fault(path) is Fault.TOO_LARGE


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path):
    path = tmp_path / "line.csv"
    path.write_bytes(b"691234567\n" + b"x" * (delimited.MAX_LINE * 3))

    with pytest.raises(SheetUnreadable, match=r"Row 2 is longer") as refused:
        inspect(path)

    assert refused.value.details["row"] == 2


def test_a_column_that_is_not_there(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("Nom;Tel\nAwa;691234567\n")

    with pytest.raises(SheetUnreadable, match="no column Mobile; it has Nom, Tel"):
        preview(path).mapping.with_field("Mobile", "number")


def test_nonsense_in_the_right_form_is_rows(tmp_path):
    path = tmp_path / "nonsense.csv"
    path.write_bytes(b'"\n""""\n";"";\n\r\r\n\xff\xfe;\n')

    assert all(any(row.cells) for row in rows(path, inspect(path)))


BEGINNINGS = st.sampled_from(
    [
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\xff\xfe",
        b"\xfe\xff",
        b"BEGIN:VCARD\n",
        b"sep=,\n",
        b"Nom;Tel\n",
    ]
)
PIECES = st.sampled_from(
    [
        '"',
        ";",
        ",",
        "\t",
        "|",
        "\n",
        "\r",
        "691234567",
        "2,37691E+11",
        "é",
        "TEL;CELL:",
        "=C3=A9",
        "END:VCARD\n",
        "Tel",
        "\0",
        "45000",
    ]
)


@given(
    BEGINNINGS,
    st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode("cp1252")),
)
@settings(deadline=None, max_examples=200)
def test_any_file_is_shown_or_refused_with_a_reason(tmp_path_factory, beginning, content):
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(beginning + content)

    try:
        seen = preview(path)
    except SheetUnreadable:
        return

    found = [row.number for row in rows(path, seen.layout)]
    assert found == sorted(set(found))
    assert [record.row for record in seen.records] == found[:20]
    assert all(len(column.field) <= 40 for column in seen.mapping.columns)
