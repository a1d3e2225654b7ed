"""Workbooks: whatever wrote them, what they show is what is read."""

import datetime as dt
import tracemalloc
import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from smsflow.sheets import workbook
from smsflow.sheets.columns import guess, records
from smsflow.sheets.errors import Fault, SheetUnreadable
from smsflow.sheets.layout import inspect, rows
from smsflow.sheets.merged import Merged, filled
from smsflow.sheets.row import Row

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write(path, cells, *, prefix="", strings="", formats="", styles="", book="", before="", tail=""):
    """Write the least XLSX around the XML of `cells`."""
    colon = f"{prefix}:" if prefix else ""
    root = f'xmlns{":" if prefix else ""}{prefix}="{MAIN}" xmlns:r="{OFFICE}"'
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/chartsheet" Target="chartsheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f"<{colon}workbook {root}>{book}<{colon}sheets>"
        f'<{colon}sheet name="Courbe" sheetId="2" r:id="rId2"/><{colon}sheet name="Clients" sheetId="1" r:id="rId1"/>'
        f"</{colon}sheets></{colon}workbook>",
        "xl/worksheets/sheet1.xml": f"<?xml version='1.0'?>{before}<{colon}worksheet {root}><{colon}sheetData>{cells}</{colon}sheetData>"
        f"{tail}</{colon}worksheet>",
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f"<{colon}sst {root}>{strings}</{colon}sst>"
    if styles:
        parts["xl/styles.xml"] = (
            f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>{styles}</styleSheet>'
        )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def read(path, sheet="Clients"):
    return [(row.number, row.cells) for row in workbook.rows(path, sheet)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "book.xlsx"


def test_a_sheet_of_charts_is_none(path):
    assert [s.name for s in workbook.sheets(write(path, ""))] == ["Clients"]


@pytest.mark.parametrize("prefix", ["", "x"])
def test_shared_rich_and_pronounced_texts(path, prefix):
    strings = (
        "<si><t>Ngono</t></si><si><r><t>Zo</t></r><r><rPr><b/></rPr><t>ë</t></r></si>"
        '<si><t>東京</t><rPh sb="0" eb="2"><t>とうきょう</t></rPh></si><si/><si><t xml:space="preserve"> a_x000D_b &amp; c</t></si>'
    )
    cells = '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="s"><v>2</v></c><c r="E2" t="s"><v>3</v></c><c r="AA2" t="s"><v>4</v></c></row>'
    if prefix:
        for name in ("si", "t", "r", "rPr", "b", "rPh"):
            strings = (
                strings.replace(f"<{name}>", f"<x:{name}>")
                .replace(f"</{name}>", f"</x:{name}>")
                .replace(f"<{name} ", f"<x:{name} ")
                .replace(f"<{name}/>", f"<x:{name}/>")
            )
        for name in ("row", "c", "v"):
            cells = (
                cells.replace(f"<{name}>", f"<x:{name}>")
                .replace(f"</{name}>", f"</x:{name}>")
                .replace(f"<{name} ", f"<x:{name} ")
            )

    ((number, found),) = read(write(path, cells, prefix=prefix, strings=strings))

    assert number == 2
    assert found[:4] == ("Ngono", "", "Zoë", "東京")
    assert found[26] == " a\rb & c"
    assert len(found) == 27


def test_cells_of_every_kind(path):
    formats = '<numFmt numFmtId="164" formatCode="[$-40C]dddd\\ d\\ mmmm&quot; le &quot;"/><numFmt numFmtId="165" formatCode="0.00&quot; dh&quot;_d"/>'
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs>'
    cells = (
        '<row><c><v>237691234567</v></c><c><v>2.37691234567E11</v></c><c><v>12.50</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c>'
        '<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c t="inlineStr"><is><t>ici</t></is></c><c t="d"><v>2026-12-31T00:00:00</v></c><c/></row>'
        '<row><c s="1"><v>45000</v></c><c s="2"><v>45000</v></c><c s="3"><v>45000</v></c><c s="4"><v>45000.5</v></c><c s="4"><v>0.25</v></c>'
        '<c s="1"><v>-5</v></c><c s="99"><v>7</v></c></row>'
    )

    assert read(write(path, cells, formats=formats, styles=styles)) == [
        (1, ("237691234567", "237691234567", "12.5", "true", "", "ab", "ici", "2026-12-31")),
        (2, ("2023-03-15", "2023-03-15", "45000", "2023-03-15 12:00", "06:00:00", "-5", "7")),
    ]


def test_days_of_old_macs_count_from_1904(path):
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    cells = '<row><c s="0"><v>43538</v></c><c s="0"><v>0.25</v></c></row>'
    write(path, cells, styles=styles, book='<workbookPr date1904="1"/>')

    assert read(path) == [(1, ("2023-03-15", "06:00:00"))]


def test_a_cell_merged_over_rows_stands_in_each_and_makes_no_row():
    found = filled(
        [Row(1, ("Titre",)), Row(2, ("A", "1")), Row(3, ("", "2")), Row(6, ("", "3")), Row(7, ("", "4"))],
        [Merged(2, 6, 0), Merged(4, 9, 1), Merged(1, 3, 5)],
    )

    assert list(found) == [
        Row(1, ("Titre",)),
        Row(2, ("A", "1")),
        Row(3, ("A", "2")),
        Row(6, ("A", "3")),
        Row(7, ("", "4")),
    ]


def test_merged_cells_are_found_behind_the_cells_wherever_a_chunk_ends(path, monkeypatch):
    cells = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(1, 40))
    tail = f'<mergeCells>{"".join(f"""<mergeCell ref="B{i}:C{i + 1}"/>""" for i in range(1, 40, 2))}</mergeCells>'
    write(path, cells.replace('<c r="A7"><v>7</v></c>', '<c r="A7"><v>7</v></c><c r="B7"><v>77</v></c>'), tail=tail)
    for size in (210, 333, 65536):
        monkeypatch.setattr("smsflow.sheets.xlsx._CHUNK", size)

        assert dict(read(path))[8] == ("8", "77")


def test_entities_that_multiply_are_refused(path):
    write(path, '<row><c t="inlineStr"><is><t>&a;</t></is></c></row>', before='<!DOCTYPE x [<!ENTITY a "aaaa">]>')

    with pytest.raises(SheetUnreadable) as refused:
        read(path)
    assert refused.value.code is Fault.DAMAGED


@pytest.mark.parametrize(
    "cells",
    [
        "<row><c",
        "<row><c><v>x</v></c></row>",
        '<row><c t="s"><v>5</v></c></row>',
        '<row r="x"/>',
        '<row><c s="x"><v>1</v></c></row>',
    ],
)
def test_a_sheet_that_is_broken_is_reported_as_such(path, cells):
    with pytest.raises(SheetUnreadable) as refused:
        read(write(path, cells))
    assert refused.value.code is Fault.DAMAGED


def test_cells_out_of_their_order_and_endless_texts(path):
    cells = '<row><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c></row>'
    text = f'<row><c t="inlineStr"><is><t>{"x" * 300_000}</t></is></c></row>'

    (_, first), (_, second) = read(write(path, cells + text))

    assert first == ("1", "", "3")
    assert len(second[0]) < 110_000


def test_comments_before_a_sheet_cost_nothing(path):
    assert read(write(path, "<row><c><v>1</v></c></row>", before="<!-- -->" * 200 + " " * 5000)) == [(1, ("1",))]


def test_a_column_beyond_excels_last_is_left_out(path):
    assert read(write(path, '<row><c r="XFD1"><v>1</v></c><c r="ZZZZZZ1"><v>2</v></c></row>'))[0][1][-1] == "1"


VALUES = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=12
    ),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda value: round(value, 4)),
    st.booleans(),
    st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
    st.none(),
)


@given(st.lists(st.lists(VALUES, max_size=5), max_size=8), st.booleans())
@settings(deadline=None, max_examples=25)
def test_the_two_readers_of_workbooks_agree(tmp_path_factory, table, shared):
    path = tmp_path_factory.mktemp("x") / "book.xlsx"
    options = {"constant_memory": not shared, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet, day = book.add_worksheet("Clients"), book.add_format({"num_format": "dd/mm/yyyy"})
        for number, values in enumerate(table):
            for column, value in enumerate(values):
                if isinstance(value, dt.date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)

    def trimmed(found):
        return [(row.number, "\t".join(row.cells).rstrip("\t")) for row in found]

    assert trimmed(workbook.rows(path, "Clients")) == trimmed(
        workbook._held(CalamineWorkbook.from_path(path), "Clients")
    )


def test_an_ods_file(tmp_path):
    path = tmp_path / "clients.ods"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    table = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
        for row in (["Nom", "Tel"], ["Awa", "691234567"])
    )
    names = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text")}
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in names.items())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {declared}><office:body><office:spreadsheet>"
            f'<table:table table:name="Feuille1">{table}</table:table></office:spreadsheet></office:body></office:document-content>',
        )

    layout = inspect(path)

    assert layout.headings == ("Nom", "Tel")
    assert [(row.number, row.cells) for row in rows(path, layout)] == [(2, ("Awa", "691234567"))]


def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(lines):
        path = tmp_path / f"{lines}.xlsx"
        with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["Nom", "Tel", "Note"])
            for line in range(1, lines + 1):
                sheet.write_row(line, 0, [f"Ngono {line}", 237690000000 + line, "x" * 50])
        tracemalloc.start()
        try:
            layout = inspect(path)
            assert sum(1 for _ in records(rows(path, layout), guess(layout.headings, []))) == lines
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(4_000) < peak(400) + 500_000
