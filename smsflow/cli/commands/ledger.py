"""`smsflow ledger`: the proof that the money adds up."""

from dataclasses import asdict
from typing import Any

import typer

from smsflow.cli import output
from smsflow.cli.output import Json
from smsflow.cli.work import transact
from smsflow.store.credits import ledger
from smsflow.store.postgres.transactions import Tx


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    group = typer.Typer(help="The ledger: the proof that the money adds up.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("check")(check)
    app.add_typer(group, name="ledger")


def check(*, as_json: Json = False) -> None:
    """Recompute every balance and every charge from the rows; exit 1 with the differences when one is wrong."""

    async def job(tx: Tx) -> dict[str, Any]:
        broken = await ledger.check(tx)
        return {"holds": not broken, "checked": await ledger.totals(tx), "broken": [asdict(b) for b in broken]}

    proof = transact(job)
    if as_json:
        output.document(proof)
    else:
        _tell(proof)
    if not proof["holds"]:
        raise typer.Exit(1)


def _tell(proof: dict[str, Any]) -> None:
    checked = ", ".join(f"{what.replace('_', ' ')}: {count}" for what, count in proof["checked"].items())
    if proof["holds"]:
        print(f"The ledger adds up ({checked}).")
        return
    print(f"The ledger does not add up ({checked}).")
    output.table(
        ("what must hold", "where", "expected", "found"),
        [(b["invariant"], b["where"], b["expected"], b["found"]) for b in proof["broken"]],
        none="",
    )
