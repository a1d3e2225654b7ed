"""The bar of progress of commands that people wait for."""

import io
from contextlib import redirect_stderr

from smsflow.cli.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_stays_in_its_line_and_leaves_it_at_the_end():
    with redirect_stderr(Terminal()) as written, ProgressBar("rows") as bar:
        bar.show(1000, share=0.5)
        bar.show(2001, share=1.01)

    assert written.getvalue() == (
        f"\r[{'#' * 15}{'.' * 15}]  50%  1000 rows\x1b[K\r[{'#' * 30}] 100%  2001 rows\x1b[K\n"
    )


def test_where_the_end_is_not_known_a_count_is_shown():
    with redirect_stderr(Terminal()) as written, ProgressBar("recipients") as bar:
        bar.show(7)

    assert written.getvalue() == "\r7 recipients\x1b[K\n"


def test_a_program_sees_nothing(capsys):
    with ProgressBar("rows") as bar:
        bar.show(7)

    assert capsys.readouterr() == ("", "")
