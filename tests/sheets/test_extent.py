"""The last row of a file, told without reading its cells."""

import pytest
import xlsxwriter

from smsflow.sheets.extent import last_row
from smsflow.sheets.layout import FileKind, Layout, inspect

CARDS = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Awa\r\nTEL:+237690000001\r\nEND:VCARD\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_csv_file_has_as_many_rows_as_lines(tmp_path, encoding):
    file = tmp_path / "x.csv"
    file.write_text("Téléphone;Prénom\n" + "690000001;Awa\n" * 200_000, encoding=encoding)

    assert last_row(file, inspect(file)) == 200_002


def test_a_file_of_cards_has_as_many_rows_as_cards(tmp_path):
    file = tmp_path / "x.vcf"
    # The beginning of a card lies across two pieces of the file.
    file.write_bytes(CARDS * 40_000)

    assert last_row(file, Layout(FileKind.VCARD, "utf-8")) == 40_000


def test_a_workbook_says_its_last_row_for_each_sheet(tmp_path):
    file = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for name, rows in (("Notes", 3), ("Clientes", 70)):
            sheet = book.add_worksheet(name)
            for row in range(rows):
                sheet.write_row(row, 0, [f"69000{row:04}", "Awa"])

    assert last_row(file, inspect(file, sheet="Clientes")) == 70
    assert last_row(file, inspect(file, sheet="Notes")) == 3


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04 and no more"])
def test_a_workbook_that_does_not_tell_has_no_last_row(tmp_path, content):
    file = tmp_path / "x"
    file.write_bytes(content)

    assert last_row(file, Layout(FileKind.WORKBOOK, sheet="Clientes")) is None
