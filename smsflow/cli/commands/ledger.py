"""`smsflow ledger`: the proof that the money adds up."""

from dataclasses import asdict

import typer

from smsflow.cli import output
from smsflow.cli.nouns import noun
from smsflow.cli.output import Json
from smsflow.cli.streams import say
from smsflow.cli.work import read
from smsflow.services.upkeep import ledger
from smsflow.services.upkeep.ledger import Proof


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = noun("The ledger: the proof that the money adds up.")
    group.command("check")(check)
    app.add_typer(group, name="ledger")


def check(*, as_json: Json = False) -> None:
    """Recompute every balance and every charge from the rows; exit 1 with the differences when one is wrong."""
    seen = read(ledger.prove)
    proof = seen.found
    document = {"holds": proof.holds, "checked": proof.checked, "broken": [asdict(b) for b in proof.broken]}
    if not output.reading(document, database=seen.database, as_json=as_json):
        _print(proof)
    if not proof.holds:
        raise typer.Exit(1)


def _print(proof: Proof) -> None:
    checked = ", ".join(f"{what.replace('_', ' ')}: {count}" for what, count in proof.checked.items())
    if proof.holds:
        say(f"The ledger adds up ({checked}).")
        return
    say(f"The ledger does not add up ({checked}).")
    output.table(
        ("what must hold", "where", "expected", "found"),
        [(b.invariant, b.where, b.expected, b.found) for b in proof.broken],
        none="",
    )
