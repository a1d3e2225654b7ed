"""The CSV, XLSX and vCard files that people have, read and written as rows; knows nothing of SMSFLOW.

`layout.inspect` finds out how a file is written, `layout.rows` reads it by that, `columns.guess` says what its columns are;
`preview.preview` does the three on the first rows. A file that cannot be read raises `SheetUnreadable`.
"""
