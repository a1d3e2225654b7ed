"""`multipart/form-data` (RFC 7578), parsed from a whole body: names and texts."""

import re

# RFC 2046 §5.1.1 bounds a boundary to 70 characters.
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_PADDING = b" \t"
_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})


class Unreadable(Exception):
    """The body is not the multipart that its content type announces."""


def parse(content_type: str, body: bytes, *, most: int) -> dict[str, str]:
    """Return the fields of `body`, the last of a name; files are read as texts. Raises Unreadable beyond `most` parts."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Unreadable
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    # The first delimiter has no line end before it when nothing precedes it.
    pieces = (b"\r\n" + body).split(delimiter, most + 1)
    fields: dict[str, str] = {}
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return fields
        name, value = _part(piece)
        fields[name] = value
    raise Unreadable


def _part(piece: bytes) -> tuple[str, str]:
    line_end = piece.find(b"\r\n")
    # What follows a delimiter on its line is padding, or the delimiter was not one.
    if line_end < 0 or piece[:line_end].strip(_PADDING):
        raise Unreadable
    headers, blank_line, value = piece[line_end:].partition(b"\r\n\r\n")
    if not blank_line:
        raise Unreadable
    name = None
    try:
        for header in headers.decode().split("\r\n"):
            key, _, content = header.partition(":")
            match key.strip().lower():
                case "content-disposition":
                    name = _name(content)
                case "content-transfer-encoding" if content.strip().lower() not in _ENCODINGS:
                    raise Unreadable
        if name is None:
            raise Unreadable
        return name, value.decode()
    except UnicodeDecodeError:
        raise Unreadable from None


def _name(disposition: str) -> str | None:
    kind, _, _ = disposition.partition(";")
    if kind.strip().lower() != "form-data":
        return None
    for key, value in _PARAMETER.findall(disposition):
        if key.lower() == "name":
            # Browsers escape a quote as %22, everybody else with a backslash.
            return re.sub(r"\\(.)", r"\1", value[1:-1]).replace("%22", '"') if value[:1] == '"' else value
    return None
