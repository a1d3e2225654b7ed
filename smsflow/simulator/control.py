"""Control of a simulated operator in another process: a loopback port that answers one JSON line per request."""

import asyncio
import json
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from smsflow.simulator.inbox import Received
from smsflow.simulator.operator import Simulator

# Texts kept by a simulator that runs for weeks.
KEEP: Final = 100_000
_DEFAULT_LIMIT: Final = 100
_MAX_LINE: Final = 1 << 20
_MODES: Final = ("udh8", "udh16", "sar", "payload")
_LOOPBACK: Final = "127.0.0.1"

Request = Mapping[str, Any]


def as_json(message: Received) -> dict[str, Any]:
    """Return a text of the inbox as JSON."""
    return {
        "destination": message.destination,
        "source": message.source,
        "text": message.text,
        "submitted_at": message.submitted_at.isoformat(),
        "parts": message.parts,
        "complete": message.complete,
    }


def answer(simulator: Simulator, request: Request) -> dict[str, Any]:
    """Do what a request asks and return the reply; raise ValueError or KeyError for an invalid one."""
    act = _ACTS.get(request.get("do", ""))
    if act is None:
        message = f"`do` is one of {', '.join(_ACTS)}"
        raise ValueError(message)
    return {"ok": True, **act(simulator, request)}


def _stats(simulator: Simulator, _: Request) -> dict[str, Any]:
    return {**simulator.stats(), "faults": simulator.faults}


def _inbox(simulator: Simulator, request: Request) -> dict[str, Any]:
    """Return the newest texts, of one number or of all, newest first."""
    number = request.get("number")
    limit = int(request.get("limit") or _DEFAULT_LIMIT)
    messages = simulator.handsets.messages if number is None else simulator.received(str(number))
    return {"messages": [as_json(message) for message in islice(reversed(messages), limit)]}


def _script(simulator: Simulator, request: Request) -> dict[str, Any]:
    simulator.script.change({name: value for name, value in request.items() if name != "do"})
    return {}


def _reset(simulator: Simulator, _: Request) -> dict[str, Any]:
    simulator.reset()
    return {}


def _disconnect(simulator: Simulator, _: Request) -> dict[str, Any]:
    simulator.disconnect_all()
    return {}


def _dump(simulator: Simulator, request: Request) -> dict[str, Any]:
    """Write the inbox to a file, one JSON object a line."""
    lines = [json.dumps(as_json(message), ensure_ascii=False) + "\n" for message in simulator.inbox]
    Path(request["path"]).write_text("".join(lines), encoding="utf-8")
    return {"messages": len(lines)}


def _mo(simulator: Simulator, request: Request) -> dict[str, Any]:
    """Send a text of a person; `mode`, `reverse` and `repeat` say how its parts come."""
    system_id = str(request.get("system_id", ""))
    mode = request.get("mode", "udh8")
    if mode not in _MODES:
        message = f"mode must be one of {', '.join(_MODES)}"
        raise ValueError(message)
    simulator.people.write(
        str(request["source"]),
        str(request["destination"]),
        str(request["text"]),
        system_id=system_id,
        mode=mode,
        reverse=bool(request.get("reverse")),
        repeat=bool(request.get("repeat")),
    )
    return {}


_ACTS: Final[dict[str, Callable[[Simulator, Request], dict[str, Any]]]] = {
    "stats": _stats,
    "inbox": _inbox,
    "script": _script,
    "reset": _reset,
    "disconnect": _disconnect,
    "dump": _dump,
    "mo": _mo,
}


async def serve_control(simulator: Simulator, port: int) -> asyncio.Server:
    """Listen on loopback for requests about `simulator`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(_reply(simulator, line))
                await writer.drain()
        except (ValueError, ConnectionError):
            # A line beyond the limit, or a caller that left.
            pass
        finally:
            writer.close()

    return await asyncio.start_server(talk, _LOOPBACK, port, limit=_MAX_LINE)


def _reply(simulator: Simulator, line: bytes) -> bytes:
    try:
        request = json.loads(line)
        reply = answer(simulator, request if isinstance(request, dict) else {})
    except (KeyError, OSError, TypeError, ValueError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        reply = {"ok": False, "error": reason}
    return json.dumps(reply, ensure_ascii=False).encode() + b"\n"


async def ask(port: int, request: Request) -> dict[str, Any]:
    """Send one request to a running simulator and return its reply."""
    reader, writer = await asyncio.open_connection(_LOOPBACK, port, limit=1 << 28)
    try:
        writer.write(json.dumps(dict(request)).encode() + b"\n")
        reply: dict[str, Any] = json.loads(await reader.readline())
    finally:
        writer.close()
    return reply
