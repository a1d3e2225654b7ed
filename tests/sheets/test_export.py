"""Exports: nothing in them is a formula, and they come back as they were."""

import datetime as dt
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from smsflow.domain.contact import read_numbers
from smsflow.sheets.cells import plain
from smsflow.sheets.export import csv_chunks, defuse, write_xlsx
from smsflow.sheets.preview import preview

DANGEROUS = ["=1+1", "+237691234567", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0"]
HARMLESS = ["", "Awa", "a=b", "a@b.org", "691234567", "'=1", "é"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_defused(text):
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_a_cell_that_is_no_formula_stays(text):
    assert defuse(text) == text


@given(st.text())
def test_no_text_begins_a_formula(text):
    assert defuse(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"} or not text


@given(st.text(st.characters(exclude_characters="\0")).map(str.strip))
def test_an_export_that_is_imported_is_what_it_was(text):
    if not text.startswith("'"):
        assert plain(defuse(text)) == text


def test_a_csv_is_what_excel_opens_in_french():
    rows = [
        [
            "+237691234567",
            "Étéki; Zoë",
            '=HYPERLINK("x")',
            None,
            2,
            dt.date(2026, 12, 31),
            dt.datetime.fromisoformat("2026-01-02 03:04"),
        ]
    ]

    written = b"".join(csv_chunks(["Numéro", "=Nom", "c", "d", "e", "f", "g"], rows))

    assert written.decode() == (
        "\ufeffNuméro;'=Nom;c;d;e;f;g\r\n"
        '\'+237691234567;"Étéki; Zoë";"\'=HYPERLINK(""x"")";;2;2026-12-31;2026-01-02 03:04:00\r\n'
    )


def test_an_exported_csv_can_be_imported(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(b"".join(csv_chunks(["number", "nom", "note"], [["+237691234567", "Étéki", "=1\ud800\0"]])))

    (record,) = preview(path).records

    assert read_numbers(record.numbers, country="CM").first.e164 == "+237691234567"
    assert record.attributes == {"nom": "Étéki", "notes": "=1?"}


def test_a_workbook_holds_text_and_no_formula(tmp_path):
    path = tmp_path / "export.xlsx"
    with path.open("wb") as file:
        write_xlsx(
            file,
            ["Numéro", "Nom", "SMS"],
            [["+237691234567", text, 3] for text in [*DANGEROUS, "x" * 40_000, "https://a.b"]],
        )

    with CalamineWorkbook.from_path(path) as book:
        heading, *rows = book.get_sheet_by_index(0).to_python()
    assert heading == ["Numéro", "Nom", "SMS"]
    assert all(row[0] == "+237691234567" and row[2] == 3 for row in rows)
    assert [str(row[1]).strip() for row in rows[:-2]] == [text.strip() for text in DANGEROUS]
    assert len(rows[-2][1]) == 32_767
    assert preview(path).records[0].numbers == ("+237691234567",)


def test_an_empty_export_has_its_headings(tmp_path):
    buffer = io.BytesIO()
    write_xlsx(buffer, ["Numéro"], [])

    assert CalamineWorkbook.from_filelike(io.BytesIO(buffer.getvalue())).get_sheet_by_index(0).to_python() == [
        ["Numéro"]
    ]
    assert b"".join(csv_chunks(["Numéro"], [])) == "\ufeffNuméro\r\n".encode()


def test_an_export_is_written_in_flat_memory(tmp_path_factory):
    def peak(rows):
        tracemalloc.start()
        try:
            assert sum(map(len, csv_chunks(["a", "b"], (["+237691234567", "x" * 50] for _ in range(rows))))) > rows * 60
            with (tmp_path_factory.mktemp("x") / "x.xlsx").open("wb") as file:
                write_xlsx(file, ["a", "b"], (["+237691234567", f"{i} {'x' * 50}"] for i in range(rows)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(5_000) < peak(500) + 1_000_000
