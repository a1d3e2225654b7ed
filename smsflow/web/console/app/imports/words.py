"""Words for the reasons why a row, or a file, is refused."""

from typing import Final

# reason → (word, what to do).
REASONS: Final = {
    "number_empty": ("No number", "Add the number, or remove the row."),
    "number_rounded": ("Number rounded by Excel", "Format the column as text, and write the number again."),
    "number_invalid": ("Not a phone number", "Correct the number: its digits are too few, too many or not clear."),
    "number_not_mobile": ("Landline", "A landline gets no SMS. Ask for a mobile number."),
    "duplicate": ("A duplicate", "The first row is kept."),
    "attributes_invalid": ("Values too long or too many", "Shorten the cells to 500 characters."),
}

FAULTS: Final = {
    "sheet_empty": "This file holds no rows. Choose another one.",
    "sheet_not_a_sheet": "This is no CSV, XLSX, ODS, XLS or vCard file. Save it as one of them.",
    "sheet_damaged": "This workbook is damaged. Open it, and save it again.",
    "sheet_protected": "This workbook has a password. Save it without one.",
    "sheet_too_large": "This workbook is too large when it is unpacked. Save it as CSV.",
    "sheet_line_too_long": "A row of this file is too long to be one. Check the separator.",
}
