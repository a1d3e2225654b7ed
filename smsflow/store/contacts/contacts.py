"""Contacts: one per number and company, written in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

import msgspec

from smsflow.domain.contact import MAX_ATTRIBUTES
from smsflow.store.contacts.selections import NOBODY, Members, condition
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as a batch brings it; `place` is its row in the file it came from."""

    place: int
    number: str
    country: str
    attributes: Mapping[str, str | None]


class Written(IntEnum):
    """The effect of writing a contact."""

    NEW = 0
    UPDATED = 1
    UNCHANGED = 2
    FULL = 3
    """It stays as it is: it would have had too many attributes."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it is stored."""

    id: int
    number: str
    country: str
    attributes: Mapping[str, str]
    source: str
    created_at: datetime
    updated_at: datetime
    written_at: datetime | None


COLUMNS: Final = "c.id, c.number, c.country, c.attributes, c.source, c.created_at, c.updated_at, c.written_at"

# One row per incoming number; contact_number finds those that exist. `former` is what an undo puts back. About 25 µs a contact.
_WRITE = text("""
WITH incoming AS MATERIALIZED (
    SELECT t.number, t.country, CAST(t.attributes AS jsonb) AS attributes
    FROM unnest(CAST(:numbers AS text[]), CAST(:countries AS text[]), CAST(:attributes AS text[])) AS t(number, country, attributes)
), known AS MATERIALIZED (
    SELECT c.id, c.number, c.attributes AS former, c.updated_at AS former_at,
        CASE WHEN :update THEN jsonb_strip_nulls(c.attributes || i.attributes) ELSE c.attributes END AS attributes
    FROM incoming i JOIN contact c ON c.company_id = :company_id AND c.number = i.number
    FOR UPDATE OF c
), existing AS MATERIALIZED (
    SELECT k.*, CASE WHEN k.attributes = k.former THEN 2 WHEN (SELECT count(*) FROM jsonb_object_keys(k.attributes)) > :most THEN 3 ELSE 1
        END AS outcome,
        (SELECT array_agg(l.id) FROM unnest(CAST(:lists AS bigint[])) AS l(id) WHERE NOT EXISTS (
            SELECT FROM contact_in_list m WHERE m.company_id = :company_id AND m.list_id = l.id AND m.contact_id = k.id)) AS joined
    FROM known k
), inserted AS (
    INSERT INTO contact (company_id, number, country, attributes, source, created_at, updated_at)
    SELECT :company_id, i.number, i.country, jsonb_strip_nulls(i.attributes), :source, :now, :now FROM incoming i
    WHERE NOT EXISTS (SELECT FROM existing e WHERE e.number = i.number)
    ON CONFLICT (company_id, number) DO NOTHING
    RETURNING id, number
), changed AS (
    UPDATE contact c SET attributes = e.attributes, updated_at = :now
    FROM existing e WHERE c.company_id = :company_id AND c.id = e.id AND e.outcome = 1
    RETURNING c.id, c.number
), written AS (
    SELECT id, number, 0 AS outcome, CAST(NULL AS jsonb) AS former, CAST(NULL AS timestamptz) AS former_at, CAST(NULL AS bigint[]) AS joined
    FROM inserted
    UNION ALL SELECT id, number, outcome, former, former_at, joined FROM existing
), noted AS (
    INSERT INTO contact_import_row (company_id, import_id, number, contact_id, outcome, former, former_at, joined)
    SELECT :company_id, :import_id, number, id, outcome, CASE WHEN outcome = 1 THEN former END, CASE WHEN outcome = 1 THEN former_at END, joined
    FROM written
    WHERE CAST(:import_id AS bigint) IS NOT NULL AND outcome < 3
), listed AS (
    INSERT INTO contact_in_list (company_id, list_id, contact_id)
    SELECT :company_id, l.id, w.id FROM written w CROSS JOIN unnest(CAST(:lists AS bigint[])) AS l(id) WHERE w.outcome < 3
    ON CONFLICT DO NOTHING
)
SELECT id, number, outcome FROM written
""")


async def write(
    tx: Tx,
    company_id: int,
    contacts: Sequence[NewContact],
    *,
    source: str,
    update: bool,
    lists: Sequence[int] = (),
    import_id: int | None = None,
    now: datetime,
) -> dict[str, tuple[int, Written]]:
    """Add contacts, or update those that exist; return each one's id and what happened, by number.

    Numbers must be distinct. An attribute that is None is removed. Without `update`, what exists stays as it is.
    A number that somebody else adds in this very moment is missing from the answer: write it again.
    """
    parameters = {
        "company_id": company_id,
        "numbers": texts(c.number for c in contacts),
        "countries": texts(c.country for c in contacts),
        "attributes": texts(_encode(c.attributes).decode() for c in contacts),
        "update": update,
        "most": MAX_ATTRIBUTES,
        "source": source,
        "lists": ints(lists),
        "import_id": import_id,
        "now": now,
    }
    return {number: (id_, Written(outcome)) for id_, number, outcome in await tx.execute(_WRITE, parameters)}


_FIND = text(f"SELECT {COLUMNS} FROM contact c WHERE c.company_id = :company_id AND c.number = :number")


async def find(tx: Tx, company_id: int, number: str) -> Contact | None:
    """Return the contact with this number, or None."""
    row = (await tx.execute(_FIND, {"company_id": company_id, "number": number})).one_or_none()
    return Contact(*row) if row else None


# Walks the primary key from `after`.
_PAGE = text(f"""
SELECT {COLUMNS} FROM contact c WHERE c.company_id = :company_id AND c.id > :after ORDER BY c.id LIMIT :limit
""")


async def page(tx: Tx, company_id: int, *, after: int, limit: int) -> list[Contact]:
    """Return contacts behind an id, in the order of their ids."""
    parameters = {"company_id": company_id, "after": after, "limit": limit}
    return [Contact(*row) for row in await tx.execute(_PAGE, parameters)]


# One statement reads the attributes of this many contacts in some 40 ms: no list is too long for a time-out.
WITHIN: Final = 20_000
LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Members of lists in the order of their ids; `after` is the id behind which there may be more, None at the end."""

    contacts: list[Contact]
    after: int | None


async def page_of(
    tx: Tx,
    company_id: int,
    members: Members,
    *,
    without: Members = NOBODY,
    after: int,
    upto: int | None = None,
    limit: int,
    within: int = WITHIN,
) -> MembersPage:
    """Return members of lists behind an id, to the id `upto`, that are in none of `without`: for rules, out of the next `within` contacts."""
    inside, parameters = condition(members, "inside")
    outside, of_outside = condition(without, "outside")
    rules = bool(members.selections or without.selections)
    walk = _STRETCH.format(columns="*") if rules else "contact"
    query = text(f"""
        SELECT {COLUMNS} FROM {walk} c
        WHERE c.company_id = :company_id AND c.id > :after AND c.id <= :upto AND {inside} AND NOT {outside}
        ORDER BY c.id LIMIT :limit
    """)
    bounds = {"company_id": company_id, "after": after, "within": within}
    last = LARGEST_ID if upto is None else upto
    rows = await tx.execute(query, {**parameters, **of_outside, **bounds, "upto": last, "limit": limit})
    found = [Contact(*row) for row in rows]
    if len(found) == limit:
        return MembersPage(found, found[-1].id)
    return MembersPage(found, await _behind(tx, bounds) if rules else None)


_STRETCH = """(
    SELECT {columns} FROM contact WHERE company_id = :company_id AND id > :after ORDER BY id LIMIT :within
)"""
_BEHIND = text(f"SELECT max(c.id), count(*) FROM {_STRETCH.format(columns='id')} c")


async def _behind(tx: Tx, bounds: Mapping[str, int]) -> int | None:
    """Return the last id of a stretch of contacts, None when it is the last one (reads the primary key alone)."""
    last, walked = (await tx.execute(_BEHIND, bounds)).one()
    return last if walked == bounds["within"] else None


async def count_of(tx: Tx, company_id: int, members: Members) -> int:
    """Return how many contacts are in one of some lists (for rules: walks every contact of the company)."""
    inside, parameters = condition(members, "inside")
    if not members.selections:
        query = text(f"SELECT count(*) FROM contact c WHERE c.company_id = :company_id AND {inside}")
        return int((await tx.execute(query, {**parameters, "company_id": company_id})).scalar_one())
    query = text(f"SELECT count(*) FROM {_STRETCH.format(columns='*')} c WHERE {inside}")
    counted, after = 0, 0
    while True:
        bounds = {"company_id": company_id, "after": after, "within": WITHIN}
        counted += int((await tx.execute(query, {**parameters, **bounds})).scalar_one())
        following = await _behind(tx, bounds)
        if following is None:
            return counted
        after = following


async def values_of(tx: Tx, company_id: int, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the attributes of those of `numbers` that are contacts (one look at contact_number each)."""
    query = text("""
        SELECT number, attributes FROM contact WHERE company_id = :company_id AND number = ANY(CAST(:numbers AS text[]))
    """)
    rows = await tx.execute(query, {"company_id": company_id, "numbers": texts(numbers)})
    return {number: attributes for number, attributes in rows}  # noqa: C416 - names say what the two are


async def members_among(tx: Tx, company_id: int, members: Members, numbers: Sequence[str]) -> set[str]:
    """Return those of `numbers` whose contact is in one of some lists (one look at contact_number each)."""
    inside, parameters = condition(members, "inside")
    query = text(f"""
        SELECT c.number FROM contact c
        WHERE c.company_id = :company_id AND c.number = ANY(CAST(:numbers AS text[])) AND {inside}
    """)
    of = {"company_id": company_id, "numbers": texts(numbers)}
    return {number for (number,) in await tx.execute(query, {**parameters, **of})}


async def newest(tx: Tx, company_id: int) -> int:
    """Return the id of the company's newest contact, 0 where there is none (reads the end of the primary key)."""
    query = text("SELECT coalesce(max(id), 0) FROM contact WHERE company_id = :company_id")
    return int((await tx.execute(query, {"company_id": company_id})).scalar_one())


async def delete(tx: Tx, company_id: int, number: str) -> bool:
    """Delete a contact; an opt-out of its number stays. False when there is none."""
    statement = text("DELETE FROM contact WHERE company_id = :company_id AND number = :number RETURNING id")
    return (await tx.execute(statement, {"company_id": company_id, "number": number})).one_or_none() is not None


_WRITTEN_TO = text("""
UPDATE contact SET written_at = :now
WHERE company_id = :company_id AND number = ANY(CAST(:numbers AS text[])) AND (written_at IS NULL OR written_at < :now)
""")


async def note_written(tx: Tx, company_id: int, numbers: Sequence[str], *, now: datetime) -> None:
    """Note that contacts with these numbers were written to."""
    await tx.execute(_WRITTEN_TO, {"company_id": company_id, "numbers": texts(numbers), "now": now})


async def attribute_names(tx: Tx, company_id: int, *, among: int | None = 2000) -> list[str]:
    """Return the names of attributes that the newest contacts have, `among` so many or all, in their order."""
    query = text("""
        SELECT DISTINCT jsonb_object_keys(c.attributes) AS name FROM (
            SELECT attributes FROM contact WHERE company_id = :company_id ORDER BY id DESC LIMIT CAST(:among AS bigint)
        ) AS c ORDER BY name
    """)
    return [name for (name,) in await tx.execute(query, {"company_id": company_id, "among": among})]
