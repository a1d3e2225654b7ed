"""The commands and their one-line descriptions; the file of a command is loaded when somebody runs it."""

import sys
from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

_RUNNING: Final = "Running it"
_MANAGING: Final = "Managing it"

# name → module (its `add_to(app)` adds the command), panel of --help, description (the same as the command's own).
COMMANDS: Final = {
    "run": (
        "processes.roles",
        _RUNNING,
        "Run the whole platform on this machine: PostgreSQL, migrations, web, dispatch and jobs.",
    ),
    "web": ("processes.roles", _RUNNING, "Run the HTTP server alone."),
    "dispatch": ("processes.roles", _RUNNING, "Run the dispatcher alone: the binds to operators."),
    "jobs": ("processes.roles", _RUNNING, "Run the periodic jobs alone."),
    "migrate": ("commands.migrate", _RUNNING, "Bring the database up to date."),
    "smsc": ("processes.smsc", _RUNNING, "Run a simulated operator: it accepts SMS over SMPP and sends receipts."),
    "doctor": ("commands.doctor", _RUNNING, "Look at everything, and say what is wrong and what to do about it."),
    "company": ("commands.company", _MANAGING, "Companies: who sends, and under which rules."),
    "user": ("commands.user", _MANAGING, "Users: who may log in for a company."),
    "credit": ("commands.credit", _MANAGING, "Credits: what companies have bought."),
    "sender": ("commands.sender", _MANAGING, "Senders: the names that SMS come from."),
    "campaign": ("commands.campaign", _MANAGING, "Campaigns: names under which SMS are counted."),
    "connector": ("commands.connector", _MANAGING, "Connectors: the ways out to operators."),
    "route": ("commands.route", _MANAGING, "Routes: which SMS leaves by which connector."),
    "token": ("commands.token", _MANAGING, "Tokens: what programs prove themselves with."),
    "ledger": ("commands.ledger", _MANAGING, "The ledger: the proof that the money adds up."),
}


class Commands(TyperGroup):
    """A group that knows its commands by name and loads the one that runs."""

    def __init__(self, **attributes: Any) -> None:
        """Show every command, with nothing behind it yet."""
        super().__init__(**attributes)
        for name, (_, panel, help_) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=help_, rich_help_panel=panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name, loaded."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else found, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what the user can do something about is one sentence on stderr, and no traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort):
                # Typer's own: a wrong usage, or the end.
                raise
            from smsflow.cli.failures import sentence

            said = sentence(error)
            if said is None:
                raise
            print(f"smsflow: {said}", file=sys.stderr)
            raise typer.Exit(1) from None


def load(name: str) -> TyperCommand | TyperGroup:
    """Import the file of a command and return the command."""
    app = typer.Typer()
    import_module(f"smsflow.cli.{COMMANDS[name][0]}").add_to(app)
    return cast("TyperCommand | TyperGroup", get_group(app).commands[name])


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    # Local variables hold passwords.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help="SMSFLOW: a self-hosted SMS platform.")
def _root() -> None: ...
