"""The receiver of a bind: receipts and messages of handsets, acknowledged once they are on disk."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import structlog
from msgspec import Struct
from msgspec.structs import replace

from smsflow import observe
from smsflow.connectors import smpp
from smsflow.dispatch import recorder
from smsflow.services import inbound
from smsflow.services.grouping import GroupCommit
from smsflow.services.messages import set_aside
from smsflow.smpp import concat, receipt
from smsflow.smpp.net.client import Link
from smsflow.smpp.pdu import DeliverSm
from smsflow.smpp.spec import ESME_RX_T_APPN
from smsflow.store.inbound import InboundPart
from smsflow.store.messages.receipts import News
from smsflow.store.postgres.outages import first_line
from smsflow.store.postgres.transactions import Database
from smsflow.store.routing import receipt_states
from smsflow.store.routing.connectors import Connector

log = structlog.get_logger(__name__)

# A receipt may overtake the answer to its submit; one without the flag of a receipt cannot be parked, as a person may have written it.
_EARLY = 2.0
# The longest address (section 4.7.1) and time (7.1.1): a longer one is stored cut, as an index has no room for it.
_ADDRESS = 65
_TIME = 17
# Of the words that an operator invents, a metric takes so many, so long.
_WORDS = 50
_WORD_LENGTH = 16
_NO_WORD = re.compile("[^A-Z0-9_]")


class Unacknowledged(Struct, frozen=True):
    """A deliver_sm that waits for its acknowledgement: a receipt, a message of a handset, or both until the database decides."""

    link: Link
    sequence: int
    news: News | None
    message: InboundPart | None
    word: str = ""
    """The state of a receipt when it is not a known one."""
    waited: bool = False
    """It has waited already for the answer to a submit that it may belong to."""


class Receiver:
    """Stores deliver_sm in groups, then acknowledges them; while the database is away the operator is asked to repeat them."""

    def __init__(
        self,
        connector: Connector,
        database: Database,
        clock: Callable[[], datetime],
        turn: asyncio.Lock,
        *,
        fingerprint: Callable[[str], bytes],
    ) -> None:
        """Store into `database`, one at a time with whoever else takes `turn`; people are known by the `fingerprint` of their number."""
        self._fingerprint = fingerprint
        self._turn = turn
        self._connector = connector
        self._database = database
        self._clock = clock
        self._forms = smpp.forms(connector)
        self.recorder: GroupCommit[Unacknowledged] = GroupCommit(
            self._store,
            name="receipts",
            most=500,
            set_aside=self._set_aside,
            away=self._try_later,
            # Nobody waits for a receipt; an operator waits for its answer only when its window is full, and then sends no more.
            steps=5,
        )
        self.near = 0  # The message that the lane claimed last.
        self._words: set[str] = set()
        self._bound_at: WeakKeyDictionary[Link, datetime] = WeakKeyDictionary()
        self._states = {
            state: observe.receipts_total.labels(connector.name, state)
            for state in ("delivered", "failed", "expired", "inbound")
        }

    def take(self, link: Link, sequence: int, pdu: DeliverSm) -> None:
        """Take one deliver_sm."""
        found = receipt.parse(pdu)
        news = None if found is None else smpp.news(self._connector, found)
        if found is None or not found.flagged:
            self.recorder.put(Unacknowledged(link, sequence, news, self._part(link, sequence, pdu)))
        elif news is not None:
            self.recorder.put(Unacknowledged(link, sequence, news, None))
        elif not found.known:
            self.recorder.put(Unacknowledged(link, sequence, None, None, self._word(found.state)))
        else:
            # Not the end of the message: nothing to store, so nothing to wait for.
            link.acknowledge((sequence,))

    def _word(self, state: str) -> str:
        """Return the word by which a state that is not known is counted: its SMS stays open."""
        word = _NO_WORD.sub("?", state[:_WORD_LENGTH])
        if word not in self._words and len(self._words) >= _WORDS:
            word = "other"
        if word not in self._words:
            self._words.add(word)
            log.warning("receipt_state_unknown", connector=self._connector.name, state=word)
        return word

    def _part(self, link: Link, sequence: int, pdu: DeliverSm) -> InboundPart:
        piece, now = concat.fragment(pdu), self._clock()
        bound_at = self._bound_at.setdefault(link, now - timedelta(seconds=link.bound_seconds))
        return InboundPart(
            self._connector.id,
            pdu.source[:_ADDRESS],
            pdu.dest[:_ADDRESS],
            piece.reference,
            piece.total,
            piece.number,
            pdu.data_coding,
            pdu.esm_class,
            piece.locking,
            piece.single,
            piece.data,
            bound_at,
            sequence,
            pdu.schedule[:_TIME],
            now,
        )

    async def _store(self, batch: Sequence[Unacknowledged]) -> None:
        async with self._turn:
            await self._store_now(batch)

    async def _store_now(self, batch: Sequence[Unacknowledged]) -> None:
        now = self._clock()
        news = [d.news for d in batch if d.news is not None]
        texts: set[int] = set()
        if news:
            policy = self._connector.delivered_when
            foreign = await recorder.receive(
                self._database,
                news,
                policy=policy,  # type: ignore[arg-type]
                forms=self._forms,
                near=self.near,
                now=now,
            )
            texts = {id(n) for n in foreign}
            news = [n for n in news if id(n) not in texts]
        batch = self._hold_early([d for d in batch if id(d.news) in texts], batch)
        handsets = [d for d in batch if d.message and (d.news is None or id(d.news) in texts)]
        messages = [d.message for d in handsets if d.message]
        words = Counter(d.word for d in batch if d.word)
        if words:
            async with self._database.transaction() as tx:
                await receipt_states.note(tx, self._connector.id, words, now=now)
        if messages:
            async with self._database.transaction() as tx:
                taken = await inbound.receive(tx, self._connector.id, messages, fingerprint=self._fingerprint, now=now)
            name, repeated = self._connector.name, taken.repeated
            log.info(
                "inbound_stored", connector=name, deliveries=len(messages), messages=taken.messages, repeated=repeated
            )
        self._acknowledge(batch, 0)
        await self._note_answered([d.message for d in handsets if d.message and d.link.bound])
        self._count(news, len(messages), words)

    async def _note_answered(self, messages: Sequence[InboundPart]) -> None:
        """Note which answers have left: an SMS whose answer has not may come again by any bind."""
        if not messages:
            return
        try:
            async with self._database.autocommit() as tx:
                await inbound.note_answered(tx, self._connector.id, messages)
        except Exception as error:  # noqa: BLE001 - they are stored and acknowledged; without this a text sent twice may become one
            log.warning("inbound_answers_not_noted", connector=self._connector.name, reason=first_line(error))

    def _hold_early(self, texts: Sequence[Unacknowledged], batch: Sequence[Unacknowledged]) -> list[Unacknowledged]:
        """Return `batch` without the texts that may be receipts of a submit whose answer is being recorded: they are looked at again."""
        early = {id(d) for d in texts if not d.waited}
        for d in texts:
            if id(d) in early:
                asyncio.get_running_loop().call_later(_EARLY, self.recorder.put, replace(d, waited=True))
        return [d for d in batch if id(d) not in early]

    def _count(self, news: Sequence[News], messages: int, words: Mapping[str, int]) -> None:
        for word, number in words.items():
            observe.receipt_states_unknown_total.labels(self._connector.name, word).inc(number)
        counts: dict[str, int] = {"inbound": messages} if messages else {}
        for n in news:
            state = n.status.name.lower()
            counts[state] = counts.get(state, 0) + 1
        for state, number in counts.items():
            self._states[state].inc(number)

    def _try_later(self, batch: Sequence[Unacknowledged], _error: Exception) -> bool:
        self._acknowledge(batch, ESME_RX_T_APPN)
        return True

    async def _set_aside(self, one: Unacknowledged, error: Exception) -> None:
        """Acknowledge what can never be stored, or the operator would send it for ever."""
        async with self._database.autocommit() as tx:
            await set_aside.keep_delivery(
                tx, one.news, one.message, error, connector_id=self._connector.id, now=self._clock()
            )
        self._acknowledge([one], 0)

    @staticmethod
    def _acknowledge(batch: Sequence[Unacknowledged], status: int) -> None:
        by_link: dict[Link, list[int]] = {}
        for d in batch:
            by_link.setdefault(d.link, []).append(d.sequence)
        for link, sequences in by_link.items():
            link.acknowledge(sequences, status)
