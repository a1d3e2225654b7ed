"""The SMS that customers send to the nodes during a failure, the end of each, and a check of the promises."""

import asyncio
import functools
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from smsflow import testing
from smsflow.runtime import Platform
from smsflow.simulator.control import ask
from smsflow.store.postgres.transactions import text
from tests import waiting
from tests.cluster.machines import Cluster, Node

_PATIENCE = 30.0
until = functools.partial(waiting.until, timeout=_PATIENCE)
# More than the binds take with their windows, so that something is in flight at any moment.
_WORKERS = 6
_PAUSE = 0.06

_numbers = itertools.count(690_000_000)
# The operator remembers what the tests before this one have sent: no two blocks may send the same text.
_names = (f"block-{number}" for number in itertools.count(1))


@dataclass
class Sent:
    """The SMS of one block of traffic: the id of each text that got its 200, and the texts that got no answer.

    Every text begins with the name of its block.
    """

    name: str = field(default_factory=lambda: next(_names))
    accepted: dict[str, int] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    unanswered: set[str] = field(default_factory=set)


@dataclass
class BlockResult:
    """How a block of traffic ended."""

    lost: set[str]
    invented: set[str]
    repeated: set[int]
    unknown: set[int]
    broken: list[object]

    def faults(self) -> dict[str, object]:
        """Return what must never be: only what was unknown may have come twice."""
        twice = self.repeated - self.unknown
        found = {"lost": self.lost, "invented": self.invented, "twice": twice, "broken": self.broken}
        return {what: which for what, which in found.items() if which}


class Customer:
    """A company's program, which can ask every node."""

    def __init__(self, session: aiohttp.ClientSession, token: str) -> None:
        self._session = session
        self._headers = {"Authorization": f"Token {token}"}

    async def send(self, node: Node, text_: str, number: str = "") -> tuple[int, str]:
        """Send one SMS; return the status and the id."""
        fields = {"number": number or str(next(_numbers)), "message": text_}
        async with self._session.post(f"{node.url}/apiv2/sms/", data=fields, headers=self._headers) as answer:
            return answer.status, (await answer.json())["sms_id"] if answer.status == 200 else ""

    async def balance(self, node: Node) -> int:
        """Ask for the balance; return the status."""
        async with self._session.get(f"{node.url}/apiv2/balance/", headers=self._headers) as answer:
            return answer.status


@asynccontextmanager
async def a_customer(
    platform: Platform, *, credits: int = 100_000
) -> AsyncIterator[tuple[Customer, testing.Company, str]]:
    """A new company with a program of its own, and its token."""
    company = await testing.a_company(platform, credits=credits)
    token = await testing.a_token(platform, company)
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Customer(session, token), company, token


@asynccontextmanager
async def steady(customer: Customer, nodes: list[Node]) -> AsyncIterator[Sent]:
    """Send to these nodes in turn for as long as the block lasts; a node that is taken from the list gets no more."""
    sent, ended = Sent(), False

    async def work(number: int) -> None:
        for step in itertools.count():
            if ended or not nodes:
                return
            text_ = f"{sent.name} {number} {step}"
            try:
                status, sms_id = await customer.send(nodes[(number + step) % len(nodes)], text_)
            except (aiohttp.ClientError, TimeoutError):
                sent.unanswered.add(text_)
                await asyncio.sleep(_PAUSE)
                continue
            if status == 200:
                sent.accepted[text_] = int(sms_id.removeprefix("SMS"))
            else:
                sent.refused[status] += 1
            await asyncio.sleep(_PAUSE)

    async with asyncio.TaskGroup() as group:
        for number in range(_WORKERS):
            group.create_task(work(number))
        try:
            yield sent
        finally:
            ended = True


async def rows(platform: Platform, query: str, **parameters: object) -> list[tuple[object, ...]]:
    async with platform.database.autocommit() as tx:
        return [tuple(row) for row in await tx.execute(text(query), parameters)]


async def stats(cluster: Cluster) -> dict[str, int]:
    return await ask(cluster.operator.control_port, {"do": "stats"})


async def inbox(cluster: Cluster) -> list[dict[str, str]]:
    """Return everything that handsets have shown."""
    return (await ask(cluster.operator.control_port, {"do": "inbox", "limit": 1_000_000}))["messages"]


async def block_result(cluster: Cluster, platform: Platform, sent: Sent) -> BlockResult:
    """Wait until everything accepted has been delivered, then compare it with what the handsets show."""
    ids = list(sent.accepted.values())

    async def all_delivered() -> bool:
        left = "SELECT count(*) FROM message WHERE id = ANY(CAST(:ids AS bigint[])) AND status = 3"
        return (await rows(platform, left, ids="{" + ",".join(map(str, ids)) + "}"))[0][0] == len(ids)

    await until(all_delivered, f"{len(ids)} messages delivered")
    shown = Counter(m["text"] for m in await inbox(cluster))
    ours = {t: n for t, n in shown.items() if t.split(" ")[0] == sent.name}
    return BlockResult(
        lost=sent.accepted.keys() - ours.keys(),
        invented=ours.keys() - sent.accepted.keys() - sent.unanswered,
        repeated={sent.accepted[t] for t, n in ours.items() if n > 1 and t in sent.accepted},
        unknown={i for (i,) in await rows(platform, "SELECT message_id FROM seen_unknown")} & set(ids),
        broken=list(await testing.broken_invariants(platform)),
    )
