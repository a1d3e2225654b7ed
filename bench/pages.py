"""Server time of every page of the console with millions of messages and contacts stored: a table of medians and of the slowest of 20."""

import argparse
import asyncio
import http.client
import os
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop
from run import free_port, running, usage, wait_for
from stored import CAMPAIGNS, fill

from smsflow import observe
from smsflow.datadir import prepare
from smsflow.domain.access import Role
from smsflow.runtime import new_token, now, platform
from smsflow.services.accounts import people, sessions, users
from smsflow.services.accounts.companies import open_company
from smsflow.services.routing import connectors
from smsflow.settings import load
from smsflow.store.postgres import embedded
from smsflow.web.console import pages

_ROUNDS = 20
_LIMIT = 150.0
# Pages as people filter them; the first that is found is not among the newest.
_ASKED = (
    "/app/search?q=670000123",
    "/app/search?q=Campagne",
    "/app/search?q=Aïcha",
    "/app/messages?q=670000123",
    "/app/messages?status=8",
    "/app/messages?campaign=3",
    "/app/messages?day=2026-05-02",
    "/app/contacts?q=Njoya 12",
    "/app/contacts?q=+237670012345",
    "/app/contacts?list=Liste 2",
    "/app/opt-outs?q=670000020",
    "/app/credits/lines?reason=credit",
    "/app/audit?author=nobody",
)
# Downloads and addresses that only take a form.
_LEFT = re.compile(
    r"/(export|refused|tables|cancel|again|pace|review)$|^/app/(inbox|templates|lists|imports|export|jobs)/\{.*"
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A page, what it answered, its size, and its times in milliseconds: of the clock, and of the CPU in `web` and PostgreSQL."""

    path: str
    status: int
    octets: int
    median: float
    slowest: float
    cpu: float


def addresses() -> list[str]:
    """Return every page of a company with ids of the stored one."""
    values = {"campaign_id": str(CAMPAIGNS), "number": "237670012345", "message": "SMS5000000"}
    plain = [a for a in pages.APP if not _LEFT.search(a)]
    filled = [re.sub(r"{(\w+)[^}]*}", lambda m: values.get(m[1], "1"), a) for a in plain]
    return [
        *filled,
        "/app/campaigns/3",
        f"/app/campaigns/{CAMPAIGNS - 2}/again",
        "/app/imports/7",
        "/app/lists/2",
        *_ASKED,
    ]


def look(port: int, path: str, cookie: str) -> Timed:
    """Ask for a page 20 times over one connection, after once to warm up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    spent = []
    before = 0.0
    for turn in range(_ROUNDS + 1):
        if turn == 1:
            before = _cpu()
        began = time.perf_counter()
        connection.request(
            "GET", path.replace(" ", "%20").replace("ï", "%C3%AF").replace("q=+", "q=%2B"), headers={"Cookie": cookie}
        )
        answer = connection.getresponse()
        body = answer.read()
        spent.append(1000 * (time.perf_counter() - began))
    connection.close()
    ordered = sorted(spent[1:])
    cpu = 1000 * (_cpu() - before) / _ROUNDS
    return Timed(path, answer.status, len(body), ordered[len(ordered) // 2], ordered[-1], cpu)


def _cpu() -> float:
    spent = usage(os.getpid()).cpu
    return spent["web"] + spent["postgresql"]


async def stored(url: str, *, messages: int, contacts: int) -> tuple[str, str]:
    """Store everything where that was not done before; return the cookies of a company's administrator and of the platform's."""
    async with platform(load(), url) as here:
        async with here.database.transaction() as tx:
            if await people.named(tx, "bench") is None:
                company = await open_company(
                    tx,
                    "Boutique Kribi",
                    country="CM",
                    timezone="Africa/Douala",
                    credits=10**8,
                    sender="KRIBI",
                    now=now(),
                )
                await users.add_user(tx, "bench", new_token(), company_id=company, is_admin=True, role=Role.ADMIN)
                await people.add_operator(tx, "bench-operator", new_token(), role=Role.ADMIN)
                values = {"host": "127.0.0.1", "port": 1, "system_id": "x", "password_sealed": "", "enabled": False}
                await connectors.add(tx, "mtn-cm", values)
            found = await people.named(tx, "bench")
            connector = (await connectors.find(tx, "mtn-cm")).connector.id
            is_full = (await tx.execute("SELECT EXISTS (SELECT FROM tally)", {})).scalar_one()
        assert found is not None
        assert found.person.company_id is not None
        if not is_full:
            await fill(here.database, found.person.company_id, connector, messages=messages, contacts=contacts)
        cookies = []
        async with here.database.transaction() as tx:
            for name in ("bench", "bench-operator"):
                found = await people.named(tx, name)
                assert found is not None
                session = await sessions.open_session(
                    tx, found.person, address="127.0.0.1", agent="bench", new_token=new_token, now=now()
                )
                cookies.append(f"__Host-smsflow={session}")
    return cookies[0], cookies[1]


def main() -> None:
    """Read the arguments, store, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument(
        "--data", type=Path, help="folder to keep the data in, used again when it is there (else a temporary one)"
    )
    parser.add_argument("--only", default="", help="only addresses with this in them")
    arguments = parser.parse_args()
    observe.configure("warning")
    with ExitStack() as stack:
        folder = arguments.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        os.environ |= {"SMSFLOW_DATA_DIR": str(folder), "SMSFLOW_LOG_LEVEL": "warning"}
        server = embedded.start(folder)
        stack.callback(server.stop)
        asyncio.run(prepare(server.url))
        company, operator = uvloop.run(stored(server.url, messages=arguments.messages, contacts=arguments.contacts))
        port = free_port()
        environment = {**os.environ, "SMSFLOW_DATABASE_URL": server.url, "SMSFLOW_PORT": str(port)}
        stack.enter_context(running([sys.executable, "-m", "smsflow", "web"], environment, folder / "web.log"))
        wait_for(port, 60)
        print(f"{'page':46} {'status':>6} {'octets':>7} {'p50 ms':>7} {'max ms':>7} {'CPU ms':>7}")
        for path in [*addresses(), *pages.OPS]:
            if arguments.only in path:
                seen = look(port, path, operator if path.startswith("/ops") else company)
                mark = "" if seen.slowest < _LIMIT and seen.status < 400 else "  <-"
                print(
                    f"{path:46} {seen.status:6} {seen.octets:7} {seen.median:7.1f} {seen.slowest:7.1f} {seen.cpu:7.1f}{mark}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
