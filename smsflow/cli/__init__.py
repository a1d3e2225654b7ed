"""The command line: one noun per file, each loaded when it is asked for."""


def main() -> None:
    """Run the command that the arguments name."""
    from smsflow.cli.app import app

    app()
