"""The cost of the console to those who send: v2 sends while people click through the pages, or leave pages open, beside sends without them, in turns."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import uvloop
from load import Result, post
from run import Site, start, usage

from smsflow import observe
from smsflow.domain.access import Role
from smsflow.runtime import new_token, now, platform
from smsflow.services.accounts import people, sessions, users
from smsflow.services.campaigns.draft import Draft, draft
from smsflow.settings import load

# A person in a hurry: a page every five seconds.
_THINKS = (2.0, 8.0)
_WALK = (
    "/app",
    "/app/campaigns",
    "/app/campaigns/{campaign}",
    "/app/messages",
    "/app/messages?status=4",
    "/app/contacts",
    "/app/lists",
    "/app/imports",
    "/app/inbox",
    "/app/codes",
    "/app/credits",
    "/app/senders",
    "/app/send",
    "/app/search?q=Soldes",
    "/me",
)


async def prepare(number: int) -> tuple[list[str], int]:
    """Return the cookies of so many people of the bench's company, and its campaign."""
    settings = load()
    url = (settings.data_dir / "database_url").read_text().strip()
    cookies = []
    async with platform(settings, url) as here, here.database.transaction() as tx:
        company = await here.directory.company(1)
        campaign = await draft(tx, company, Draft("Soldes", "Bonjour", numbers=["+237690000001"]), now=now())
        for person in range(number):
            name = f"clicks{person}"
            if person % 5 == 0:  # a password costs a moment, and five sessions of a person are as good as five people
                await users.add_user(tx, name, new_token(), company_id=1, is_admin=True, role=Role.ADMIN)
                found = await people.named(tx, name)
                assert found is not None
            session = await sessions.open_session(
                tx, found.person, address="127.0.0.1", agent="bench", new_token=new_token, now=now()
            )
            cookies.append(f"__Host-smsflow={session}")
    return cookies, campaign


async def person(port: int, cookie: str, campaign: int, spent: list[float]) -> None:
    """Walk through the pages until cancelled, over one connection."""
    chance = random.Random(cookie)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.sleep(chance.uniform(0, _THINKS[1]))
        while True:
            path = chance.choice(_WALK).format(campaign=campaign)
            began = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
            if not head.startswith(b"http/1.1 200"):
                sys.exit(f"{path}: {head[:80]!r}")
            spent.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(chance.uniform(*_THINKS))
    finally:
        writer.close()


async def page_that_is_told(port: int, cookie: str, campaign: int, counted: list[float]) -> None:
    """Leave a page open until cancelled: take its events, and ask for it when one says so."""
    page = f"/app/campaigns/{campaign}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        events = f"GET /app/live?page={quote(page, safe='')} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        writer.write(events.encode())
        while line := await reader.readline():
            if line.startswith(b"HTTP/1.1") and b" 200 " not in line:
                sys.exit(f"no stream: {line!r}")
            if line.startswith(b"event: changed"):
                asking = await asyncio.open_connection("127.0.0.1", port)
                await _ask(*asking, page, cookie)
                asking[1].close()
                counted.append(time.perf_counter())
    finally:
        writer.close()


async def page_that_polls(port: int, cookie: str, campaign: int, counted: list[float]) -> None:
    """Leave a page open until cancelled: ask for it every two seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            await asyncio.sleep(2)
            await _ask(reader, writer, f"/app/campaigns/{campaign}", cookie)
            counted.append(time.perf_counter())
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, cookie: str) -> None:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))


def crowd(kind: str, number: int, port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start the people or the open pages in a process of their own, on the same machine."""
    command = [
        sys.executable,
        __file__,
        "--crowd",
        kind,
        "--number",
        str(number),
        "--port",
        str(port),
        "--folder",
        str(folder),
    ]
    return subprocess.Popen(command)


async def be(kind: str, number: int, port: int, folder: Path) -> None:
    """Be a crowd until the file `stop` is there; then leave in `told` what was asked for."""
    cookies, campaign = json.loads((folder / "cookies").read_text())
    act = {"people": person, "told": page_that_is_told, "poll": page_that_polls}[kind]
    seen: list[float] = []
    began = time.perf_counter()
    tasks = [asyncio.create_task(act(port, cookies[n], campaign, seen)) for n in range(number)]
    while not (folder / "stop").exists():
        await asyncio.sleep(0.1)
        for task in tasks:
            if task.done():
                task.result()
    for task in tasks:
        task.cancel()
    with contextlib.suppress(BaseException):
        await asyncio.gather(*tasks)
    (folder / "told").write_text(
        json.dumps([len(seen) / (time.perf_counter() - began), seen if kind == "people" else []])
    )


async def change(campaign: int) -> None:
    """Change the campaign that the pages show every second, until cancelled."""
    settings = load()
    url = (settings.data_dir / "database_url").read_text().strip()
    async with platform(settings, url) as here:
        while True:
            async with here.database.transaction() as tx:
                await tx.execute(
                    f"UPDATE campaign_run SET refused = refused + 1 WHERE campaign_id = {int(campaign)}", {}
                )
            await asyncio.sleep(1)


async def sends(site: Site, number: int, connections: int, campaign: int) -> Result:
    """Send over v2, while the campaign that pages show changes."""
    changing = asyncio.create_task(change(campaign))
    result = await post(site.port, site.token, number=number, connections=connections, tag=f"C{time.time_ns()}")
    changing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await changing
    return result


def main() -> None:
    """Read the arguments, measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000, help="SMS in each turn")
    parser.add_argument("-c", type=int, default=32, help="connections that send")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--kinds", default="people,told,poll")
    parser.add_argument("--crowd", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    observe.configure("warning")
    if arguments.crowd:
        uvloop.run(be(arguments.crowd, arguments.number, arguments.port, arguments.folder))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = start(stack, folder, window=100, receipt_delay=1.0)
        os.environ |= {"SMSFLOW_DATA_DIR": str(folder / "data")}
        cookies, campaign = asyncio.run(prepare(max(arguments.people, arguments.pages)))
        (folder / "cookies").write_text(json.dumps([cookies, campaign]))
        uvloop.run(sends(site, 1000, 8, campaign))
        kinds = arguments.kinds.split(",")
        rows: dict[str, list[Result]] = {kind: [] for kind in ("without", *kinds)}
        asked: dict[str, list[tuple[float, list[float]]]] = {kind: [] for kind in kinds}
        for turn in range(arguments.turns):
            order = ["without", *kinds]
            for kind in order if turn % 2 == 0 else reversed(order):
                (folder / "stop").unlink(missing_ok=True)
                if kind != "without":
                    number = arguments.people if kind == "people" else arguments.pages
                    process = crowd(kind, number, site.port, folder)
                    time.sleep(6)
                before, began = usage(site.process.pid).cpu, time.perf_counter()
                rows[kind].append(uvloop.run(sends(site, arguments.n, arguments.c, campaign)))
                spent, seconds = usage(site.process.pid).cpu - before, time.perf_counter() - began
                if kind != "without":
                    (folder / "stop").touch()
                    process.wait(60)
                    asked[kind].append(tuple(json.loads((folder / "told").read_text())))
                shares = ", ".join(f"{role} {100 * s / seconds:.0f} %" for role, s in sorted(spent.items()))
                print(f"{kind:8} {rows[kind][-1].rate:8.0f}/s  CPU: {shares}", flush=True)
                time.sleep(3)
        base = statistics.median(r.rate for r in rows["without"])
        print(
            f"\n{'':8} {'sends/s':>8} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7} {'pages/s':>8} {'page p50':>9} {'page p99':>9}"
        )
        for kind, results in rows.items():
            rate = statistics.median(r.rate for r in results)
            p50, p99 = (statistics.median(r.percentile(share) for r in results) for share in (0.5, 0.99))
            pages = statistics.median(a[0] for a in asked[kind]) if kind in asked else 0.0
            waited = sorted(w for a in asked.get(kind, ()) for w in a[1])
            page = [waited[int(len(waited) * s)] if waited else 0.0 for s in (0.5, 0.99)]
            print(
                f"{kind:8} {rate:8.0f} {rate / base:6.2f} {p50:7.1f} {p99:7.1f} {pages:8.1f} {page[0]:9.1f} {page[1]:9.1f}"
            )


if __name__ == "__main__":
    main()
