"""`smsflow message`: the SMS that companies send, and what became of each."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import CompanyFilter, Limit, Since, Yes
from smsflow.cli.output import Json
from smsflow.cli.streams import note
from smsflow.cli.work import now, read, transact
from smsflow.domain import digits
from smsflow.domain.message import OUTLIVED, PRESUMED, Status, internal_id, public_id
from smsflow.domain.optout import OPTED_OUT
from smsflow.services.accounts import companies
from smsflow.services.messages import timeline
from smsflow.services.messages.cancel import cancel as cancel_messages
from smsflow.services.messages.timeline import MessageTimeline, Searched, Stored, Wanted
from smsflow.store.postgres.transactions import Tx

_MOST_DIGITS = 15

StatusOption = Literal["received", "sent", "delivered", "failed", "planned", "expired", "cancelled", "unknown"]


def _message_id(value: str) -> str:
    """Return a public id; the bare number that a person copied from it is one too."""
    typed = value.strip().upper()
    wanted = f"SMS{typed:0>7}" if typed.isascii() and typed.isdigit() else typed
    if internal_id(wanted) is None:
        raise typer.BadParameter("the id of an SMS is such as SMS0000042.")
    return wanted


def _number(value: str | None) -> str | None:
    if value is None:
        return None
    found = digits.only(value).removeprefix("00")
    if not 4 <= len(found) <= _MOST_DIGITS:
        raise typer.BadParameter(f"a number, or its last digits: 4 to {_MOST_DIGITS} of them.")
    return found


MessageId = Annotated[str, typer.Argument(metavar="ID", callback=_message_id, help="The SMS's id, such as SMS0000042.")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    message = noun("Messages: the SMS that companies send, each with its timeline.")
    message.command("show")(show)
    message.command("list")(list_)
    message.command("cancel")(cancel)
    app.add_typer(message, name="message")


def show(
    message: MessageId,
    *,
    text: Annotated[bool, typer.Option("--text", help="Show its text too; a code stays sealed.")] = False,
    as_json: Json = False,
) -> None:
    """Show an SMS and its timeline: accepted, charged, routed, sent, receipt, refunded, with the operator's status in words."""
    seen = read(lambda tx: timeline.follow(tx, message))
    followed = seen.found
    document = {**_document(followed.message, text=text), "meaning": followed.meaning, **_history(followed)}
    if output.reading(document, database=seen.database, as_json=as_json):
        return
    hidden = ("id", "company_id", "company", "meaning", "parts", "timeline", "campaign_id", "connector_id", "error")
    facts = [("id", document["id"]), ("company", f"{document['company_id']} ({document['company']})")]
    facts += [(name.replace("_", " "), value) for name, value in document.items() if name not in hidden]
    if followed.message.error not in {None, OUTLIVED, PRESUMED, OPTED_OUT}:
        facts.append(("operator's status", f"{followed.message.error} ({followed.meaning or 'a status of its own'})"))
    output.facts(facts)
    output.table(("at", "event", ""), [(e.at or "now", e.event, e.says) for e in followed.timeline], none="")


def list_(
    *,
    company: CompanyFilter = None,
    number: Annotated[
        str | None, typer.Option(callback=_number, help="Only to numbers that end with these digits.")
    ] = None,
    status: Annotated[StatusOption | None, typer.Option(help="Only those with this status.")] = None,
    campaign: Annotated[int | None, typer.Option(min=1, max=options.LARGEST_ID, help="Only of this campaign.")] = None,
    since: Since = None,
    limit: Limit = 50,
    within: Annotated[
        int,
        typer.Option(min=1, max=10_000_000, help="How many SMS are looked at, the newest of the company or of all."),
    ] = 100_000,
    as_json: Json = False,
) -> None:
    """List the last SMS, of one company or of all."""

    async def job(tx: Tx) -> Searched:
        after = options.since(since, now=now())
        company_id = None if company is None else (await companies.find(tx, company)).id
        wanted = Wanted(company_id, number, None if status is None else Status[status.upper()], campaign, after)
        return await timeline.search(tx, wanted, limit=limit, within=within)

    seen = read(job)
    found = [_document(message, text=False) for message in seen.found.messages]
    document = {"messages": found, "looked_back_to": seen.found.until}
    if output.reading(document, database=seen.database, as_json=as_json):
        return
    columns = ("id", "created_at", "company_id", "number", "sender", "status", "segments", "connector", "error")
    output.table(
        [c.removesuffix("_id") for c in columns], [[m[c] for c in columns] for m in found], none="There is none."
    )
    if seen.found.until is not None:
        note(
            f"Only SMS since {output.cell(seen.found.until)} were looked at: --within {within * 10} looks farther back."
        )


def cancel(message: MessageId, *, yes: Yes = False, as_json: Json = False) -> None:
    """Cancel an SMS that is planned or waits, and give its credits back."""
    message_id = internal_id(message) or 0
    options.confirm(f"Cancel {public_id(message_id)}? It will never be sent.", yes=yes)

    async def job(tx: Tx) -> MessageTimeline:
        (refused,) = await cancel_messages(tx, [message_id], now=now())
        if refused is not None:
            raise refused
        return await timeline.follow(tx, message)

    followed = transact(job)
    document = {**_document(followed.message, text=False), **_history(followed)}
    output.result(document, f"{document['id']} is cancelled, and its credits are back.", as_json=as_json)


def _document(message: Stored, *, text: bool) -> dict[str, Any]:
    shown = asdict(message)
    content = shown.pop("text")
    sealed = shown.pop("sealed")
    shown |= {"id": public_id(message.id), "kind": message.kind.name.lower(), "status": message.status.name.lower()}
    if text:
        shown["text"] = "(sealed: it holds a code)" if sealed else content
    return shown


def _history(followed: MessageTimeline) -> dict[str, Any]:
    parts = [{**asdict(p), "state": None if p.state is None else p.state.name.lower()} for p in followed.parts]
    return {"parts": parts, "timeline": [asdict(event) for event in followed.timeline]}
