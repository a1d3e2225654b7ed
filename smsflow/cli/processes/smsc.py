"""`smsflow smsc`: a simulated operator as a process of its own."""

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack
from itertools import islice
from typing import Annotated, Literal

import typer

from smsflow.cli.processes import demo_company
from smsflow.cli.streams import note, say
from smsflow.simulator.control import KEEP, serve_control
from smsflow.simulator.control import as_json as as_document
from smsflow.simulator.inbox import Received
from smsflow.simulator.misbehaviour import FAULTS
from smsflow.simulator.operator import Simulator
from smsflow.simulator.script import Ids, Script

_LOOK = 1.0
_HOUR = 3600.0


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command("smsc")(smsc)


def smsc(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="SMPP port; 0 takes a free one.")] = 2775,
    control_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Loopback port that answers questions, one JSON line each."),
    ] = None,
    system_id: Annotated[str | None, typer.Option(help="The only system_id that may bind; else every one may.")] = None,
    password: Annotated[str, typer.Option(help="The password of --system-id.")] = "",
    latency: Annotated[float, typer.Option(min=0, help="Seconds before a response.")] = 0.0,
    receipt_delay: Annotated[float, typer.Option(min=0, help="Seconds between a response and its receipt.")] = 0.5,
    receipts: Annotated[
        Literal["normal", "none", "early", "duplicate", "late"], typer.Option(help="How receipts come.")
    ] = "normal",
    rate: Annotated[
        float | None, typer.Option(help="Submissions a second beyond which it answers ESME_RTHROTTLED.")
    ] = None,
    refuse_every: Annotated[int, typer.Option(min=0, help="Refuse one submission in so many.")] = 0,
    lose_every: Annotated[int, typer.Option(min=0, help="Lose one SMS in so many, and say nothing.")] = 0,
    lose_response_every: Annotated[int, typer.Option(min=0, help="Never answer one submission in so many.")] = 0,
    disconnect_every: Annotated[int, typer.Option(min=0, help="Cut the connection at one in so many.")] = 0,
    ids: Annotated[Ids, typer.Option(help="How message ids are written.")] = "decimal",
    receipt_ids: Annotated[
        Literal["same", "other"], typer.Option(help="Whether receipts write ids in the other base.")
    ] = "same",
    misbehave: Annotated[
        list[str] | None,
        typer.Option(help=f"Misbehave in this way, repeatable: {', '.join(FAULTS)}; `all` does all of them in turn."),
    ] = None,
    misbehave_every: Annotated[int, typer.Option(min=1, help="Misbehave at one submission in so many.")] = 5,
    keep: Annotated[int, typer.Option(min=1, help="Texts that it remembers, the last ones.")] = KEEP,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the SMS that arrive.")] = False,
    supervised_by: Annotated[
        int, typer.Option(hidden=True, help="Stop when this process, which started this one, is gone.")
    ] = 0,
    demo: Annotated[bool, typer.Option(hidden=True, help="Behave as the operator of `smsflow run --demo`.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each SMS as a line of JSON.")] = False,
) -> None:
    """Run a simulated operator: it accepts SMS over SMPP and sends receipts."""
    if rate is not None and rate <= 0:
        raise typer.BadParameter("it must be above 0.", param_hint="--rate")
    unknown = [fault for fault in misbehave or () if fault != "all" and fault not in FAULTS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(FAULTS)}, all.", param_hint="--misbehave")
    script = (
        demo_company.operator()
        if demo
        else Script(
            latency=latency,
            receipt_delay=receipt_delay,
            receipts=receipts,
            throttle_rate=rate,
            refuse_every=refuse_every,
            lose_every=lose_every,
            lose_response_every=lose_response_every,
            disconnect_every=disconnect_every,
            ids=ids,
            misbehave=misbehave or [],
            misbehave_every=misbehave_every,
            receipt_ids=receipt_ids,
            passwords=None if system_id is None else {system_id: password},
        )
    )
    asyncio.run(
        _run(script, host, port, control_port, keep=keep, quiet=quiet, as_json=as_json, supervised_by=supervised_by)
    )


async def _run(
    script: Script,
    host: str,
    port: int,
    control_port: int | None,
    *,
    keep: int,
    quiet: bool,
    as_json: bool,
    supervised_by: int,
) -> None:
    """Run the operator until SIGTERM, Ctrl-C, or (supervised) the end of our parent."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with AsyncExitStack() as stack:
        simulator = await Simulator.start(host, port, script, keep=keep, log=note)
        await stack.enter_async_context(simulator)
        note(f"the simulated operator listens on {host}:{simulator.port}")
        if control_port is not None:
            control = await stack.enter_async_context(await serve_control(simulator, control_port))
            note(f"its control port is 127.0.0.1:{control.sockets[0].getsockname()[1]}")
        if not quiet:
            printing = asyncio.create_task(_print_inbox(simulator, as_json=as_json))
            stack.callback(printing.cancel)
        while not ended.is_set() and not (supervised_by and os.getppid() != supervised_by):
            try:
                async with asyncio.timeout(_LOOK):
                    await ended.wait()
            except TimeoutError:
                continue


async def _print_inbox(simulator: Simulator, *, as_json: bool) -> None:
    """Print every SMS when its handset has it."""
    inbox, seen = simulator.handsets, 0

    def has_news(asked: Simulator) -> bool:
        return asked.handsets is not inbox or asked.handsets.total > seen

    while True:
        try:
            await simulator.wait_for(has_news, timeout=_HOUR)
        except TimeoutError:
            continue
        if simulator.handsets is not inbox:
            inbox, seen = simulator.handsets, 0
        new = min(inbox.total - seen, len(inbox.messages))
        seen = inbox.total
        for message in islice(inbox.messages, len(inbox.messages) - new, None):
            say(_line(message, as_json=as_json))


def _line(message: Received, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(as_document(message), ensure_ascii=False)
    parts = f" ({message.parts} parts)" if message.parts > 1 else ""
    return f"{message.submitted_at:%H:%M:%S} {message.source} → +{message.destination}{parts}: {message.text}"
