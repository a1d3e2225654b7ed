"""The commands and their one-line descriptions; the file of a command is loaded when it runs."""

from importlib import import_module
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from smsflow.cli import streams

_RUNNING: Final = "Running it"
_MANAGING: Final = "Managing it"
_AS_JSON: Final = "smsflow.as_json"

# name → module (its `add_to(app)` adds the command), section of --help, description (the same as the command's own).
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
    "company": ("commands.company", _MANAGING, "Companies: customers and the rules of their sending."),
    "user": ("commands.user", _MANAGING, "Users: the people who may log in for a company."),
    "token": ("commands.token", _MANAGING, "Tokens: the credentials of programs."),
    "credit": ("commands.credit", _MANAGING, "Credits: what companies have bought."),
    "sender": ("commands.sender", _MANAGING, "Senders: the names that SMS come from."),
    "contact": ("commands.contact", _MANAGING, "Contacts: the people that a company writes to."),
    "list": ("commands.contact_list", _MANAGING, "Lists of contacts."),
    "import": ("commands.contact_import", _MANAGING, "Imports of contacts from files."),
    "optout": ("commands.optout", _MANAGING, "Opt-outs: the people that a company does not write to."),
    "policy": ("commands.policy", _MANAGING, "Policies: what the platform demands of marketing, by country."),
    "campaign": (
        "commands.campaign",
        _MANAGING,
        "Campaigns: SMS to many people, and names under which SMS are counted.",
    ),
    "connector": ("commands.connector", _MANAGING, "Connectors: the ways out to operators."),
    "route": ("commands.route", _MANAGING, "Routes: which SMS leaves by which connector."),
    "message": (
        "commands.message",
        _MANAGING,
        "Messages: the SMS that companies send, each with its timeline.",
    ),
    "number": ("commands.number", _MANAGING, "Numbers: those of the platform, that people write to."),
    "queue": ("commands.queue", _MANAGING, "The queue: what waits to leave, since when and why."),
    "inbound": ("commands.inbound", _MANAGING, "Inbound SMS: what handsets send to us."),
    "ledger": ("commands.ledger", _MANAGING, "The ledger: the proof that the money adds up."),
}


class Commands(TyperGroup):
    """A group that knows its commands by name and loads the one that runs."""

    def __init__(self, **attributes: Any) -> None:
        """Show every command, with nothing behind it yet."""
        super().__init__(**attributes)
        for name, (_, _section, help_) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=help_))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands in sections, each with its whole description."""
        del ctx
        for section in (_RUNNING, _MANAGING):
            with formatter.section(section):
                formatter.write_dl([(name, help_) for name, (_, where, help_) in COMMANDS.items() if where == section])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name, loaded."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else found, rest

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether the answer is for a program before anything can be wrong with the rest."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a failure that the user can mend is one sentence on stderr (a document with --json), and no traceback."""
        as_json = ctx.meta[_AS_JSON]
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of --help has gone.
            raise
        except Exception as error:
            if hasattr(error, "format_message"):
                if not as_json:
                    raise  # Typer writes what is wrong with the usage
                streams.fail("usage", error.format_message(), as_json=True)
                raise typer.Exit(error.exit_code) from None  # type: ignore[attr-defined]
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort):
                raise  # the end, as a command wants it
            from smsflow.cli.failures import failure

            told = failure(error)
            if told is None:
                raise
            streams.fail(told.code, told.sentence, as_json=as_json)
            raise typer.Exit(1) from None


def load(name: str) -> TyperCommand | TyperGroup:
    """Import the file of a command and return the command."""
    app = typer.Typer(rich_markup_mode=None)
    import_module(f"smsflow.cli.{COMMANDS[name][0]}").add_to(app)
    return cast("TyperCommand | TyperGroup", get_group(app).commands[name])


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    # Rich would take more than half of the time of --help.
    rich_markup_mode=None,
    # Local variables hold passwords.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        streams.say(f"smsflow {version('smsflow')}")
        raise typer.Exit


@app.callback(help="SMSFLOW: a self-hosted SMS platform.")
def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...
