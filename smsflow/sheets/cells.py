"""Single cells: what they hold as text, and what they look like."""

import datetime as dt
import re
import unicodedata

# Days since 1899-12-30: 1910 to 2099. A number outside is a year, an age or an amount.
_FIRST_DAY, _LAST_DAY = 3654, 73050
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day has no time zone

# 10000-01-01, which no date can be.
_END_OF_DAYS = 2_958_466
_DAYS_TO_1904 = 1462

_SERIAL = re.compile(r"\d{4,5}(?:[.,]\d+)?")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{1,2}-\d{1,2}")
_NUMBER = re.compile(r"[+(]?\d[\d.\-() ]{5,}\d(?:[.,]0)?")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,3}", re.IGNORECASE)
# Words in parentheses behind a number, as in « 691234510 (bureau) ».
_REMARK = re.compile(r"\([^()\d]*\)$")
_LABEL = re.compile(r"^[^\W\d]{1,12}[. ]*:? *")
_BETWEEN = re.compile(r":::|[/;\n]| ou | et ")
_LONGEST = 80
_TEXT_FORMULA = re.compile(r'=\s*"([^"]*)"')
_DEFUSED = re.compile(r"'(?=[=+\-@\t\r])")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 17

# The types of `python-calamine` for a cell.
Value = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta


def text_of(value: Value) -> str:
    """Return a cell of a workbook as text: whole numbers without a point, days in ISO form."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            # Excel keeps fifteen digits; the digits of a double beyond them are noise.
            return str(int(value)) if value.is_integer() else f"{value:.15g}"
        case dt.datetime():
            return value.isoformat(" ", "minutes")
        case _:
            return str(value)


def date_of(serial: float, *, from_1904: bool = False) -> str:
    """Return the day, or the day and time, that a spreadsheet keeps as this number; a time alone has no day."""
    days = serial + _DAYS_TO_1904 if from_1904 else serial
    if not 0 <= days < _END_OF_DAYS:
        return text_of(serial)
    at = _EPOCH + dt.timedelta(seconds=round(days * 86_400))
    if 0 <= serial < 1:
        return str(at.time())
    return at.date().isoformat() if at.time() == dt.time() else at.isoformat(" ", "minutes")


def plain(cell: str) -> str:
    """Return `cell` without spaces around it, the formula ="…" that keeps a text one, and the apostrophe of a safe export."""
    bare = cell.strip()
    if bare[:1] == "=" and (match := _TEXT_FORMULA.fullmatch(bare)):
        return match[1]
    return _DEFUSED.sub("", bare, count=1) if bare[:1] == "'" else bare


def day_of(cell: str) -> str:
    """Return a day in ISO form when `cell` is the number of a spreadsheet's day or is written DD/MM/YYYY, else `cell`."""
    if _SERIAL.fullmatch(cell):
        days = float(cell.replace(",", "."))
        if _FIRST_DAY <= days < _LAST_DAY:
            return date_of(days)
    elif match := _DAY.fullmatch(cell):
        day, month, year = map(int, match.groups())
        if month > 12 >= day:
            day, month = month, day
        try:
            return dt.date(year, month, day).isoformat()
        except ValueError:
            return cell
    return cell


def looks_like_number(cell: str) -> bool:
    """Tell whether `cell` has the length and the characters of a phone number: enough to know a column by, no more."""
    if cell.isascii() and cell.isdigit():
        return _FEWEST_DIGITS <= len(cell) <= _MOST_DIGITS
    if not _FEWEST_DIGITS <= len(cell) <= _LONGEST:
        return False
    bare = _REMARK.sub("", _LABEL.sub("", "".join(map(_ascii, cell)).strip(" '\"="), count=1))
    first = _BETWEEN.split(bare)[0].strip()
    if _SCIENTIFIC.fullmatch(first):
        return True
    digits = sum(map(str.isdigit, first))
    return (
        _NUMBER.fullmatch(first) is not None and _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not _DATE.fullmatch(first)
    )


def _ascii(character: str) -> str:
    """Return a digit, a space or a dash in ASCII, nothing for an invisible character, others as they are."""
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return {"Cf": "", "Mn": "", "Me": "", "Zs": " ", "Pd": "-"}.get(category, character)


def fold(name: str) -> str:
    """Return a column's name in lower case and ASCII, its words parted by single spaces: "N° Tél." is "n tel"."""
    apart = unicodedata.normalize("NFKD", name.replace("°", " ")).casefold().replace("œ", "oe")
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in apart if not unicodedata.combining(c))))
