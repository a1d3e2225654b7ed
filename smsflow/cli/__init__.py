"""The command line: one noun per file, each loaded when it is asked for."""

import sys


def main() -> None:
    """Run the command that the arguments name; output that cannot be written undoes nothing."""
    from smsflow.cli import streams
    from smsflow.cli.app import app

    status: str | int | None = 0
    try:
        app()
    except SystemExit as end:
        status = end.code
    except OSError as error:
        # Commands handle their own output; this is the text of --help.
        streams.discard(sys.stdout, error)
    lost = streams.settle()
    if lost is not None:
        streams.complain(f"{'' if status else 'done, but '}the output could not be written ({lost.strerror}).")
        status = status or 1
    sys.exit(status)
