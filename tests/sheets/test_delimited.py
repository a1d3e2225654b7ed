"""Reading CSV: every record once, at its number, in flat memory."""

import csv
import io
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from smsflow.sheets.columns import guess, records
from smsflow.sheets.delimited import records as delimited_records
from smsflow.sheets.layout import inspect, rows

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20).map(lambda cell: cell.lstrip(" "))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=20), st.sampled_from(";,\t|"))
@settings(deadline=None)
def test_the_output_of_a_csv_writer_is_read(tmp_path_factory, written, separator):
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["begin"], *written])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")

    read = list(delimited_records(path, encoding="utf-8", separator=separator))[1:]

    assert read == [(number, row) for number, row in enumerate(written, start=2) if any(row)]


@given(st.binary(max_size=300) | st.text(';"\n\r\t,ab', max_size=60).map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused_line_by_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    path.write_bytes(content)

    numbers = [number for number, _ in delimited_records(path, encoding="cp1252", separator=";")]

    assert numbers == sorted(set(numbers))
    assert len(numbers) <= content.count(b"\n") + content.count(b"\r") + 1


def test_reading_goes_on_after_any_row(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text('Nom;Tel\n"A\nB";691234567\n\nC;677123456\nD;655123456\n')
    layout = inspect(path)

    assert [row.number for row in rows(path, layout)] == [2, 4, 5]
    for after in range(6):
        assert [row.number for row in rows(path, layout, after=after)] == [n for n in (2, 4, 5) if n > after]


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(lines):
        path = tmp_path / f"{lines}.csv"
        with path.open("w") as file:
            file.write("Nom;Prénom;Tel;Ville;Note\n")
            file.writelines(f"Ngono {i};Awa {i};69{i:07};Douala;{'x' * 50}\n" for i in range(lines))
        tracemalloc.start()
        try:
            layout = inspect(path)
            mapping = guess(layout.headings, [])
            assert sum(1 for _ in records(rows(path, layout), mapping)) == lines
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(2_000), peak(40_000)

    # A chunk of the file is held to find the encoding out; nothing else may grow.
    assert large < small + 4_000_000
