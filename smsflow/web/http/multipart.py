"""`multipart/form-data` (RFC 7578), parsed from a whole body: names and texts, in the charset that is announced."""

import re

# RFC 2046 §5.1.1 bounds a boundary to 70 characters.
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
# A content type without the boundary, as a program sends it that sets the header by hand: the body begins with it.
_FIRST_LINE = re.compile(rb"(?:\r\n)?--([^\r\n]{1,70}?)[ \t]*\r\n")
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_PADDING = b" \t"
_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})


# Everything that is called Latin-1 is read as browsers do, as Windows's (WHATWG Encoding §4.2).
_CHARSETS = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-15": "iso8859-15",
}


class Unreadable(Exception):
    """The body is not the multipart that its content type announces."""


class UnknownCharset(Exception):
    """A charset is announced that is not read here; the message is its name."""


def charset(content_type: str) -> str:
    """Return Python's name of the charset that a content type announces, UTF-8 when it announces none; raise UnknownCharset."""
    if "=" not in content_type:
        return "utf-8"
    found = _CHARSET.search(content_type)
    name = found[1] if found else ""
    try:
        return _CHARSETS[name.lower()]
    except KeyError:
        raise UnknownCharset(name) from None


def parse(content_type: str, body: bytes, *, most: int, default: str = "utf-8") -> list[tuple[str, str]]:
    """Return the names and values of `body` in order; files are read as texts. Raises Unreadable beyond `most` parts."""
    found = _BOUNDARY.search(content_type)
    first = None if found else _FIRST_LINE.match(body)
    if found:
        boundary = (found[1] or found[2]).encode("latin-1")
    elif first:
        boundary = first[1]
    else:
        raise Unreadable
    delimiter = b"\r\n--" + boundary
    # The first delimiter has no line end before it when nothing precedes it.
    pieces = (b"\r\n" + body).split(delimiter, most + 1)
    fields: list[tuple[str, str]] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return fields
        fields.append(_part(piece, default))
    raise Unreadable


def _part(piece: bytes, default: str) -> tuple[str, str]:
    line_end = piece.find(b"\r\n")
    # Only padding may follow a delimiter on its line; else it was none.
    if line_end < 0 or piece[:line_end].strip(_PADDING):
        raise Unreadable
    headers, blank_line, value = piece[line_end:].partition(b"\r\n\r\n")
    if not blank_line:
        raise Unreadable
    name, encoding = None, default
    try:
        for header in headers.decode().split("\r\n"):
            key, _, content = header.partition(":")
            match key.strip().lower():
                case "content-disposition":
                    name = _name(content)
                case "content-type" if "charset" in content.lower():
                    encoding = charset(content)
                case "content-transfer-encoding" if content.strip().lower() not in _ENCODINGS:
                    raise Unreadable
        if name is None:
            raise Unreadable
        return name, value.decode(encoding)
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


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a content type announces; raise Unreadable for one that announces none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Unreadable
    return (found[1] or found[2]).encode("latin-1")


def names_of(head: bytes) -> tuple[str, str | None]:
    """Return the name of a part by its headers, and the name of its file where it is one; raise Unreadable for none."""
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise Unreadable from None
    for line in lines:
        key, _, content = line.partition(":")
        if key.strip().lower() == "content-disposition":
            named = {
                key.lower(): re.sub(r"\\(.)", r"\1", value[1:-1]).replace("%22", '"') if value[:1] == '"' else value
                for key, value in _PARAMETER.findall(content)
            }
            if "name" in named:
                return named["name"], named.get("filename")
    raise Unreadable
