"""Live pages: the browser is notified of a change by server-sent events, and then asks for its page again.

One task of a web process looks at everything that is watched, and only while somebody watches. It says "changed" to a bounded
number of pages a second, in turn: each asks for its page then, and many open pages must not keep a send waiting. A page to which no
event comes asks by itself every few seconds (console.js).
"""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, Literal

import falcon
import falcon.asgi
import structlog
from falcon.asgi import SSEvent

from smsflow.domain.access import Right
from smsflow.errors import NotFound
from smsflow.runtime import Platform
from smsflow.services import progress
from smsflow.services.accounts import sessions
from smsflow.services.upkeep import findings
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell.visitor import Visitor
from smsflow.web.http.connection import STREAMS
from smsflow.web.http.request import Request

log = structlog.get_logger(__name__)

# Pages that are asked for because of us, a second and process; one of them costs some 10 ms.
_PAGES_A_SECOND: Final = 5
_LOOK_SECONDS: Final = 1.0
# As many subjects are looked at in one second; more take turns.
_LOOKS: Final = 50
# Sessions that have ended meanwhile are found this soon, and so are clients that have gone without a word.
_SESSION_SECONDS: Final = 15.0
_BEAT_SECONDS: Final = 20.0
_MOST: Final = 1000
_MOST_OF_A_PERSON: Final = 6

_PAGE = re.compile(r"/(?:app/(campaigns|imports)/([1-9][0-9]{0,17})|ops)")
_KINDS: Final[dict[str, Literal["campaign", "import"]]] = {"campaigns": "campaign", "imports": "import"}


@dataclass(frozen=True, slots=True)
class Subject:
    """The part of a page that changes by itself; `platform` is the whole platform."""

    kind: Literal["campaign", "import", "platform"]
    company_id: int = 0
    id: int = 0


def subject_of(page: str, visitor: Visitor) -> Subject | None:
    """Return what a page shows that changes by itself, None for nothing that the visitor may see."""
    found = _PAGE.fullmatch(page)
    if found is None:
        return None
    if found[1] is None:
        return Subject("platform") if visitor.may(Right.SEE_PLATFORM) else None
    kind = _KINDS[found[1]]
    right = Right.SEE_CAMPAIGNS if kind == "campaign" else Right.SEE_CONTACTS
    if visitor.company is None or not visitor.may(right):
        return None
    return Subject(kind, visitor.company.id, int(found[2]))


@dataclass(slots=True, eq=False)
class Stream:
    """One open page: whose it is, what it watches, and what was last seen of that."""

    person_id: int
    session: str
    subject: Subject
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    version: object = None
    waits: bool = False
    """Something changed, and the page has not been told yet: it takes its turn."""
    is_closed: bool = False

    def close(self) -> None:
        """End the stream."""
        self.is_closed = True
        self.wake.set()


class Live:
    """The open pages of a process, and the one task that looks at what they watch."""

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Watch `platform`; sessions end by `clock`."""
        self._platform, self._clock = platform, clock
        self._streams: set[Stream] = set()
        self._subjects: deque[Subject] = deque()
        self._changed: deque[Stream] = deque()
        self._watching: asyncio.Task[None] | None = None

    def open(self, visitor: Visitor, subject: Subject) -> Stream | None:
        """Return a new stream, or None where the person or the process has as many as it may."""
        of_person = sum(s.person_id == visitor.person.id for s in self._streams)
        if len(self._streams) >= _MOST or of_person >= _MOST_OF_A_PERSON:
            return None
        stream = Stream(visitor.person.id, visitor.session, subject)
        self._streams.add(stream)
        if subject not in self._subjects:
            self._subjects.append(subject)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return stream

    async def events(self, stream: Stream) -> AsyncIterator[SSEvent]:
        """Yield the events of a stream until it is closed."""
        try:
            yield SSEvent(comment="here", retry=5000)
            while True:
                try:
                    async with asyncio.timeout(_BEAT_SECONDS):
                        await stream.wake.wait()
                except TimeoutError:
                    yield SSEvent(comment="here")
                    continue
                if stream.is_closed:
                    return
                stream.wake.clear()
                # A browser ignores an event without data.
                yield SSEvent(event="changed", text="1")
        finally:
            self._streams.discard(stream)

    async def _watch(self) -> None:
        """Look at what is watched and say what changed, for as long as there are streams."""
        looked = checked = 0.0
        while self._streams:
            try:
                if time.monotonic() - looked >= _LOOK_SECONDS:
                    looked = time.monotonic()
                    await self._look()
                if time.monotonic() - checked >= _SESSION_SECONDS:
                    checked = time.monotonic()
                    await self._end_sessions()
            except Exception as error:  # noqa: BLE001 - the database is away: the pages ask by themselves meanwhile
                log.warning("live_pages_wait", reason=first_line(error))
            self._say()
            await asyncio.sleep(1 / _PAGES_A_SECOND)

    async def _look(self) -> None:
        # Of a client that left at once, nobody asks for events.
        self._streams = {s for s in self._streams if not s.is_closed}
        watchers = Counter(s.subject for s in self._streams)
        self._subjects = deque(s for s in self._subjects if s in watchers)
        now_seen: dict[Subject, object] = {}
        async with self._platform.database.autocommit() as tx:
            for subject in list(islice(self._subjects, _LOOKS)):
                self._subjects.rotate(-1)
                now_seen[subject] = await self._version(tx, subject)
        for stream in self._streams:
            if stream.subject in now_seen and stream.version != now_seen[stream.subject]:
                # Also the first time: something may have changed between the page and its stream.
                stream.version = now_seen[stream.subject]
                if not stream.waits:
                    stream.waits = True
                    self._changed.append(stream)

    async def _version(self, tx: Tx, subject: Subject) -> object:
        try:
            match subject.kind:
                case "campaign":
                    return await progress.of_campaign(tx, subject.company_id, subject.id)
                case "import":
                    return await progress.of_import(tx, subject.company_id, subject.id)
                case "platform":
                    now = self._clock()
                    seen = await findings.look(tx, now=now)
                    rates = [(s.accepted_rate, s.submitted_rate) for s in seen.shown]
                    return findings.judge(seen, self._platform.vault, now=now), sorted(rates, key=str)
        except NotFound:
            return "gone"

    async def _end_sessions(self) -> None:
        async with self._platform.database.autocommit() as tx:
            alive = await sessions.alive(tx, {s.session for s in self._streams}, now=self._clock())
        for stream in self._streams:
            if stream.session not in alive:
                stream.close()

    def _say(self) -> None:
        """Say "changed" to the next page."""
        while self._changed:
            stream = self._changed.popleft()
            stream.waits = False
            if not stream.is_closed:
                stream.wake.set()
                return


class Events:
    """`/app/live?page=…` and `/ops/live?page=…`: the events of a page."""

    def __init__(self, live: Live, access: Right) -> None:
        """Notify those who have this right, as far as they may see the content of the page."""
        self._live, self.access = live, access

    async def on_get(self, req: Request, resp: falcon.asgi.Response, visitor: Visitor) -> None:
        """Answer with events; with nothing (204: the browser does not ask again) where there are too many."""
        subject = subject_of(req.get_param("page") or "", visitor)
        if subject is None:
            raise falcon.HTTPNotFound
        stream = self._live.open(visitor, subject)
        if stream is None:
            resp.status = falcon.HTTP_204
            return
        keep_open = req.scope.get(STREAMS)
        if keep_open is not None:
            keep_open(stream.close)
        resp.set_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        resp.sse = self._live.events(stream)
