"""An uploaded file: `multipart/form-data` (RFC 7578) read piece by piece, its fields in memory and its file on disk."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from smsflow.web.http.multipart import Unreadable, boundary_of, names_of

# The heads of a part, and a field beside the file.
_MOST_HEAD = 8 * 1024
_MOST_FIELD = 64 * 1024
_MOST_PARTS = 50


@dataclass(slots=True)
class Uploaded:
    """The fields and the file of a form; `name` is the file's, as its sender calls it."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    name: str = ""
    size: int = 0


async def receive(content_type: str, pieces: AsyncIterator[bytes], file: BinaryIO) -> Uploaded:
    """Write the file of a form into `file`; return the fields. Raises Unreadable for what is no such form."""
    uploaded, source = Uploaded(), _Source(pieces)
    delimiter = b"\r\n--" + boundary_of(content_type)
    await source.until(delimiter, lambda _preamble: None)
    for _ in range(_MOST_PARTS):
        if await source.starts_with(b"--"):
            return uploaded
        head = _Kept(_MOST_HEAD)
        await source.until(b"\r\n\r\n", head)
        name, file_name = names_of(bytes(head.body))
        if file_name is None:
            value = _Kept(_MOST_FIELD)
            await source.until(delimiter, value)
            uploaded.fields.setdefault(name, []).append(_text(value.body))
        elif not uploaded.name:
            uploaded.name = file_name
            await source.until(delimiter, file.write)
            uploaded.size = file.tell()
        else:
            raise Unreadable
    raise Unreadable


def _text(value: bytes | bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unreadable from None


class _Kept:
    """Octets kept in memory, so many at most."""

    def __init__(self, most: int) -> None:
        self.body, self._most = bytearray(), most

    def __call__(self, piece: bytes) -> None:
        self.body += piece
        if len(self.body) > self._most:
            raise Unreadable


class _Source:
    """A body of which only the piece at hand is in memory."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        # The first delimiter has no line end before it when nothing precedes it.
        self._pieces, self._buffer = pieces, bytearray(b"\r\n")

    async def until(self, mark: bytes, take: Callable[[bytes], object]) -> None:
        """Give what stands before `mark` to `take`, and go behind the mark; raise Unreadable where it does not come."""
        while (place := self._buffer.find(mark)) < 0:
            # The mark may have begun.
            sure = len(self._buffer) - len(mark) + 1
            if sure > 0:
                take(bytes(self._buffer[:sure]))
                del self._buffer[:sure]
            await self._more()
        take(bytes(self._buffer[:place]))
        del self._buffer[: place + len(mark)]

    async def starts_with(self, mark: bytes) -> bool:
        """Tell whether `mark` comes next."""
        while len(self._buffer) < len(mark):
            await self._more()
        return self._buffer.startswith(mark)

    async def _more(self) -> None:
        try:
            self._buffer += await anext(self._pieces)
        except StopAsyncIteration:
            raise Unreadable from None
