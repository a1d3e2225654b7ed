"""Standard output and error: a reader that goes away or a disk that is full is no reason to fail what a command does."""

import contextlib
import errno
import json
import os
import sys
from typing import TextIO

_unwritten: OSError | None = None


def say(text: str = "") -> None:
    """Print a line on standard output now; when that fails, all further output is discarded and the command goes on."""
    try:
        print(text, flush=True)
    except OSError as error:
        discard(sys.stdout, error)


def note(line: str) -> None:
    """Print a line on standard error; a failure to write is ignored."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    """Print a sentence on standard error under our name."""
    note(f"smsflow: {sentence}")


def discard(stream: TextIO, error: OSError) -> None:
    """Discard what `stream` holds and will get; keep the error, unless the reader has only gone."""
    global _unwritten
    if error.errno != errno.EPIPE:
        _unwritten = error
    # The interpreter would try again at its end, and exit with 120.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def settle() -> OSError | None:
    """Write what is left; return why output was lost, or None when it was written or its reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            discard(stream, error)
    return _unwritten


def fail(code: str, sentence: str, *, as_json: bool) -> None:
    """Print why a command failed on standard error: a sentence for people, a document for programs."""
    if not as_json:
        complain(sentence)
        return
    note(json.dumps({"error": {"code": code, "message": sentence}}, ensure_ascii=False, indent=2))
