"""Messages that handsets send to us, and their parts: stored before they are acknowledged to the operator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, astuple

from smsflow.store.postgres.arrays import ints, texts, times
from smsflow.store.postgres.transactions import Tx, text

Key = tuple[str, str, int, int]
"""Source, destination, reference and total of a text."""


class InboundPart(Struct, frozen=True):
    """A deliver_sm of a handset: a message alone, or a part of one."""

    connector_id: int
    source: str
    destination: str
    reference: int
    total: int
    number: int
    data_coding: int
    esm_class: int
    locking: int
    single: int
    """The national tables that its header names."""
    body: bytes
    bound_at: datetime
    """When its session was bound, which is what tells sessions apart; `sequence` is its number there."""
    sequence: int
    stamp: str
    """The operator's time, where it gives one."""
    received_at: datetime

    @property
    def key(self) -> Key:
        """Return what its text is known by at the connector."""
        return self.source, self.destination, self.reference, self.total


class StoredPart(Struct, frozen=True):
    """A part of the last minutes, or one that still waits for the others (then `inbound_id` is None)."""

    id: int
    part: InboundPart
    stored_at: datetime
    inbound_id: int | None
    answered: bool
    """The operator has had our answer, as far as we know."""


class Inbound(Struct, frozen=True):
    """A message of a handset as far as it came: it is whole when `parts` is `total`."""

    connector_id: int
    source: str
    destination: str
    data_coding: int
    esm_class: int
    body: bytes
    text: str
    parts: int
    total: int
    received_at: datetime
    company_id: int | None = None
    number: str | None = None
    """Its writer's number in E.164, where it is one."""
    keyword: str | None = None
    command: str | None = None
    """Its request: stop, start or help."""


_COLUMNS = """connector_id, source, destination, reference, total, number, data_coding, esm_class, locking, single, body, bound_at,
    sequence, stamp, received_at"""

# Two binds may bring two parts of one text at once: each would wait for the other for ever. 7306 keeps these locks apart from others.
_LOCK = text("""
SELECT pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(k, 7306) AS h FROM unnest(CAST(:keys AS text[])) AS k ORDER BY h
) AS locks
""")
_KNOWN = text(f"""
SELECT id, {_COLUMNS}, stored_at, inbound_id, answered FROM inbound_part
JOIN unnest(CAST(:sources AS text[]), CAST(:destinations AS text[]), CAST(:refs AS integer[]), CAST(:totals AS smallint[]))
    AS k(source, destination, reference, total) USING (source, destination, reference, total)
WHERE connector_id = :connector_id ORDER BY id
""")


async def lock_and_find(tx: Tx, connector_id: int, keys: Iterable[Key]) -> list[StoredPart]:
    """Return the parts of these texts in the order in which they came, held until the transaction ends (walks inbound_part_text)."""
    wanted = sorted(set(keys))
    await tx.execute(_LOCK, {"keys": texts(f"{connector_id} {key!r}" for key in wanted)})
    rows = await tx.execute(
        _KNOWN,
        {
            "connector_id": connector_id,
            "sources": texts(source for source, _, _, _ in wanted),
            "destinations": texts(destination for _, destination, _, _ in wanted),
            "refs": ints(reference for _, _, reference, _ in wanted),
            "totals": ints(total for _, _, _, total in wanted),
        },
    )
    return [
        StoredPart(id_, InboundPart(*part), stored_at, inbound_id, answered)
        for id_, *part, stored_at, inbound_id, answered in rows
    ]


_IDS = text("SELECT nextval(pg_get_serial_sequence('inbound', 'id')) FROM generate_series(1, :count)")
_KEEP = text("""
INSERT INTO inbound (id, connector_id, source, destination, data_coding, esm_class, body, text, parts, total, received_at,
    company_id, number, keyword, command)
VALUES (:id, :connector_id, :source, :destination, :data_coding, :esm_class, :body, :text, :parts, :total, :received_at,
    :company_id, :number, :keyword, :command)
""")


async def keep(tx: Tx, messages: Sequence[Inbound]) -> list[int]:
    """Store messages and return their ids."""
    ids = [id_ for (id_,) in await tx.execute(_IDS, {"count": len(messages)})]
    values = [asdict(message) | {"id": id_} for id_, message in zip(ids, messages, strict=True)]
    await tx.execute(_KEEP, values)
    return ids


_KEEP_PART = text(f"""
INSERT INTO inbound_part ({_COLUMNS}, stored_at, inbound_id, answered)
VALUES ({", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))}, :stored_at, :inbound_id, false)
""")


async def keep_parts(tx: Tx, parts: Sequence[tuple[InboundPart, int | None]], *, now: datetime) -> None:
    """Store parts, each with the message that it belongs to if there is one already."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    values = [
        dict(zip(names, astuple(part), strict=True)) | {"stored_at": now, "inbound_id": inbound_id}
        for part, inbound_id in parts
    ]
    await tx.execute(_KEEP_PART, values)


_ANSWERED = text("""
UPDATE inbound_part p SET answered = true
FROM unnest(CAST(:bound AS timestamptz[]), CAST(:sequences AS bigint[])) AS t(bound_at, sequence)
WHERE p.connector_id = :connector_id AND NOT p.answered AND p.bound_at = t.bound_at AND p.sequence = t.sequence
""")


async def note_answered(tx: Tx, connector_id: int, parts: Sequence[InboundPart]) -> None:
    """Note that parts of a connector are acknowledged (walks inbound_part_unanswered)."""
    parameters = {"bound": times(p.bound_at for p in parts), "sequences": ints(p.sequence for p in parts)}
    await tx.execute(_ANSWERED, {"connector_id": connector_id, **parameters})


_REPEATED = text("""
UPDATE inbound_part p SET bound_at = t.bound_at, sequence = t.sequence, answered = false
FROM unnest(CAST(:ids AS bigint[]), CAST(:bound AS timestamptz[]), CAST(:sequences AS bigint[])) AS t(id, bound_at, sequence)
WHERE p.id = t.id
""")


async def note_repeated(tx: Tx, repeats: Sequence[tuple[int, InboundPart]]) -> None:
    """Note by which session and number stored parts came again: later deliveries are compared with it."""
    parameters = {
        "ids": ints(id_ for id_, _ in repeats),
        "bound": times(part.bound_at for _, part in repeats),
        "sequences": ints(part.sequence for _, part in repeats),
    }
    await tx.execute(_REPEATED, parameters)


_ASSIGN = text("""
UPDATE inbound_part p SET inbound_id = t.inbound_id
FROM unnest(CAST(:ids AS bigint[]), CAST(:inbound AS bigint[])) AS t(id, inbound_id) WHERE p.id = t.id
""")


async def assign(tx: Tx, parts: Sequence[tuple[int, int]]) -> None:
    """Note to which message stored parts belong, given as (part, message)."""
    await tx.execute(
        _ASSIGN, {"ids": ints(part for part, _ in parts), "inbound": ints(message for _, message in parts)}
    )


_OVERDUE = text("""
SELECT DISTINCT connector_id, source, destination, reference, total FROM inbound_part
WHERE inbound_id IS NULL AND received_at <= :before LIMIT :limit
""")


async def overdue(tx: Tx, *, before: datetime, limit: int) -> dict[int, list[Key]]:
    """Return, by connector, the texts that have waited since before then for a part (walks inbound_part_waiting)."""
    found: dict[int, list[Key]] = {}
    for connector_id, *key in await tx.execute(_OVERDUE, {"before": before, "limit": limit}):
        found.setdefault(connector_id, []).append(tuple(key))
    return found


async def forget_parts(tx: Tx, *, before: datetime) -> None:
    """Drop the parts of messages that came before then: nobody repeats them any more (walks inbound_part_received)."""
    await tx.execute(
        text("DELETE FROM inbound_part WHERE inbound_id IS NOT NULL AND received_at < :before"), {"before": before}
    )


# Ids grow with time: the oldest are at the left end of the primary key, and no index by time is needed.
_FORGET = text("""
DELETE FROM inbound WHERE id IN (
    SELECT id FROM (SELECT id, received_at FROM inbound ORDER BY id LIMIT :limit) AS oldest WHERE received_at < :before
) RETURNING id
""")
_FORGET_OWN = text("""
DELETE FROM inbound WHERE id IN (
    SELECT id FROM (SELECT id, received_at FROM inbound WHERE company_id = :company_id ORDER BY id LIMIT :limit) AS oldest WHERE received_at < :before
) RETURNING id
""")


async def forget(tx: Tx, *, before: datetime, limit: int, company_id: int | None = None) -> int:
    """Remove up to `limit` of the oldest messages, of all companies or of one, as far as they came before then; return how many."""
    if company_id is None:
        return len(await tx.execute(_FORGET, {"before": before, "limit": limit}))
    return len(await tx.execute(_FORGET_OWN, {"before": before, "limit": limit, "company_id": company_id}))


@dataclass(frozen=True, slots=True)
class InboundRow:
    """An inbound message as it is shown; it came incomplete when `parts` is less than `total`."""

    id: int
    received_at: datetime
    connector_id: int
    connector: str | None
    source: str
    destination: str
    text: str
    parts: int
    total: int
    company_id: int | None
    keyword: str | None
    command: str | None


async def latest(tx: Tx, *, since: datetime | None, limit: int) -> list[InboundRow]:
    """Return the last inbound messages, newest first (walks the primary key backwards)."""
    query = text("""
        SELECT i.id, i.received_at, i.connector_id, c.name, i.source, i.destination, i.text, i.parts, i.total,
            i.company_id, i.keyword, i.command
        FROM inbound i LEFT JOIN connector c ON c.id = i.connector_id
        WHERE CAST(:since AS timestamptz) IS NULL OR i.received_at >= :since ORDER BY i.id DESC LIMIT :limit
    """)
    return [InboundRow(*row) for row in await tx.execute(query, {"since": since, "limit": limit})]


# As many messages are read for a page at most; the next page goes on from there.
WITHIN = 20_000
# The company's inbound messages backwards by inbound_company.
_WALKED = "SELECT * FROM inbound WHERE company_id = :company_id AND id < :before ORDER BY id DESC"
_OF_COMPANY = text(f"""
SELECT i.id, i.received_at, i.connector_id, c.name, i.source, i.destination, i.text, i.parts, i.total,
    i.company_id, i.keyword, i.command
FROM ({_WALKED} LIMIT {WITHIN}) i
LEFT JOIN connector c ON c.id = i.connector_id
WHERE ltrim(coalesce(i.number, i.source), '+') LIKE '%' || :ending ORDER BY i.id DESC LIMIT :limit
""")
_LAST_WALKED = text(f"SELECT id FROM ({_WALKED} LIMIT 1 OFFSET {WITHIN - 1}) i")
# Beyond every id.
_NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class InboundPage:
    """Inbound messages, newest first; `older` is the id before which one goes on looking, None when all was seen."""

    received: list[InboundRow]
    older: int | None


async def of_company(tx: Tx, company_id: int, *, before: int | None, limit: int, ending: str = "") -> InboundPage:
    """Return inbound messages to a company whose writer's number ends with digits, out of the next `WITHIN` older than an id."""
    bounds = {"company_id": company_id, "before": _NEWEST if before is None else before}
    rows = await tx.execute(_OF_COMPANY, {**bounds, "limit": limit + 1, "ending": ending})
    found = [InboundRow(*row) for row in rows]
    if len(found) > limit:
        return InboundPage(found[:limit], found[limit - 1].id)
    return InboundPage(found, (await tx.execute(_LAST_WALKED, bounds)).scalar_one_or_none())


async def one_of_company(tx: Tx, company_id: int, inbound_id: int) -> InboundRow | None:
    """Return one of a company's inbound messages, or None."""
    found = (await of_company(tx, company_id, before=inbound_id + 1, limit=1)).received
    return found[0] if found and found[0].id == inbound_id else None
