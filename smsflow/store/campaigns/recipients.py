"""The recipients of a campaign: one row each, in the order in which they are written to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from smsflow.domain.schedule import Pace
from smsflow.store.postgres.arrays import ints, texts
from smsflow.store.postgres.transactions import Tx, text

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


class Recipient(msgspec.Struct, frozen=True, gc=False):
    """Somebody that a campaign writes to, or does not for a reason."""

    place: int
    number: str
    country: str
    connector_id: int | None
    segments: int
    values: Mapping[str, str] | None
    reason: str | None = None


_ADD = text("""
INSERT INTO campaign_recipient (company_id, campaign_id, place, number, country, connector_id, segments, "values", reason)
SELECT :company_id, :campaign_id, t.place, t.number, t.country, t.connector_id, t.segments, CAST(t."values" AS jsonb), t.reason
FROM unnest(CAST(:places AS bigint[]), CAST(:numbers AS text[]), CAST(:countries AS text[]), CAST(:connectors AS bigint[]),
    CAST(:segments AS smallint[]), CAST(:values AS text[]), CAST(:reasons AS text[]))
    AS t(place, number, country, connector_id, segments, "values", reason)
""")


async def add(tx: Tx, company_id: int, campaign_id: int, recipients: Sequence[Recipient]) -> None:
    """Store recipients."""
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "places": ints(r.place for r in recipients),
        "numbers": texts(r.number for r in recipients),
        "countries": texts(r.country for r in recipients),
        "connectors": ints(r.connector_id for r in recipients),
        "segments": ints(r.segments for r in recipients),
        "values": texts(None if r.values is None else _encode(r.values).decode() for r in recipients),
        "reasons": texts(r.reason for r in recipients),
    }
    await tx.execute(_ADD, parameters)


async def clear(tx: Tx, company_id: int, campaign_id: int) -> None:
    """Remove what a preparation had stored, so that another can take its place."""
    of = {"company_id": company_id, "campaign_id": campaign_id}
    for table in ("campaign_recipient", "campaign_refusal", "campaign_share"):
        await tx.execute(text(f"DELETE FROM {table} WHERE company_id = :company_id AND campaign_id = :campaign_id"), of)
    await tx.execute(
        text("""
            UPDATE campaign_run SET place = 0, last_place = 0, segments = 0, refused = 0
            WHERE company_id = :company_id AND campaign_id = :campaign_id
        """),
        of,
    )


async def count_refusals(tx: Tx, company_id: int, campaign_id: int, reasons: Mapping[str, int]) -> None:
    """Add to how many recipients are not written to, by reason."""
    if not reasons:
        return
    upsert = text("""
        INSERT INTO campaign_refusal AS r (company_id, campaign_id, reason, recipients)
        SELECT :company_id, :campaign_id, t.reason, t.recipients
        FROM unnest(CAST(:reasons AS text[]), CAST(:counts AS bigint[])) AS t(reason, recipients)
        ON CONFLICT (company_id, campaign_id, reason) DO UPDATE SET recipients = r.recipients + excluded.recipients
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "reasons": texts(reasons),
        "counts": ints(reasons.values()),
    }
    await tx.execute(upsert, parameters)


async def refusals(tx: Tx, company_id: int, campaign_id: int) -> dict[str, int]:
    """Return how many recipients are not written to, by reason."""
    query = text("""
        SELECT reason, recipients FROM campaign_refusal WHERE company_id = :company_id AND campaign_id = :campaign_id
        ORDER BY reason
    """)
    rows = await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})
    return {reason: recipients for reason, recipients in rows}  # noqa: C416 - names say what the two are


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a campaign that leaves by one connector."""

    connector_id: int
    recipients: int
    segments: int


async def add_shares(tx: Tx, company_id: int, campaign_id: int, shares: Iterable[Share]) -> None:
    """Add to what a preparation has counted for each connector."""
    given = list(shares)
    upsert = text("""
        INSERT INTO campaign_share AS s (company_id, campaign_id, connector_id, recipients, segments)
        SELECT :company_id, :campaign_id, t.connector_id, t.recipients, t.segments
        FROM unnest(CAST(:connectors AS bigint[]), CAST(:recipients AS bigint[]), CAST(:segments AS bigint[]))
            AS t(connector_id, recipients, segments)
        ON CONFLICT (company_id, campaign_id, connector_id) DO UPDATE
            SET recipients = s.recipients + excluded.recipients, segments = s.segments + excluded.segments
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "connectors": ints(s.connector_id for s in given),
        "recipients": ints(s.recipients for s in given),
        "segments": ints(s.segments for s in given),
    }
    await tx.execute(upsert, parameters)


async def shares(tx: Tx, company_id: int, campaign_id: int) -> list[Share]:
    """Return what a preparation has counted for each connector."""
    query = text("""
        SELECT connector_id, recipients, segments FROM campaign_share
        WHERE company_id = :company_id AND campaign_id = :campaign_id ORDER BY connector_id
    """)
    return [Share(*row) for row in await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})]


# Walks the primary key from the campaign's place.
_NEXT = text("""
SELECT place, number, country, connector_id, segments, CAST("values" AS text), reason FROM campaign_recipient
WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :after ORDER BY place LIMIT :limit
""")


def recipient(  # noqa: PLR0917 - the columns of a row
    place: int,
    number: str,
    country: str,
    connector_id: int | None,
    segments: int,
    values: str | None,
    reason: str | None,
) -> Recipient:
    """Return the recipient that a row holds, its values as they are written in JSON."""
    return Recipient(
        place, number, country, connector_id, segments, None if values is None else _decode(values), reason
    )


async def following(tx: Tx, company_id: int, campaign_id: int, *, after: int, limit: int) -> list[Recipient]:
    """Return the recipients behind a place, in their order."""
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "after": after, "limit": limit}
    return [recipient(*row) for row in await tx.execute(_NEXT, parameters)]


async def first_open(tx: Tx, company_id: int, campaign_id: int, *, after: int = 0) -> Recipient | None:
    """Return the first recipient behind a place who is to be written to, or None (walks the primary key from there)."""
    query = text("""
        SELECT place, number, country, connector_id, segments, CAST("values" AS text), reason FROM campaign_recipient
        WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :after AND reason IS NULL ORDER BY place LIMIT 1
    """)
    parameters = {"company_id": company_id, "campaign_id": campaign_id, "after": after}
    row = (await tx.execute(query, parameters)).one_or_none()
    return None if row is None else recipient(*row)


async def are_gone(tx: Tx, company_id: int, campaign_id: int) -> bool:
    """Tell whether the recipients of a campaign have been removed, as old ones are."""
    query = text(
        "SELECT recipients_gone FROM campaign_run WHERE company_id = :company_id AND campaign_id = :campaign_id"
    )
    return bool((await tx.execute(query, {"company_id": company_id, "campaign_id": campaign_id})).scalar_one())


_SETTLE = text("""
UPDATE campaign_recipient r SET message_id = t.message_id, reason = t.reason
FROM unnest(CAST(:places AS bigint[]), CAST(:messages AS bigint[]), CAST(:reasons AS text[])) AS t(place, message_id, reason)
WHERE r.company_id = :company_id AND r.campaign_id = :campaign_id AND r.place = t.place
""")
# One walk along the primary key costs three quarters of a look for each place. A place whose message is 0 stays as it is.
_SETTLE_STRETCH = text("""
UPDATE campaign_recipient SET message_id = (CAST(:messages AS bigint[]))[place - :before]
WHERE company_id = :company_id AND campaign_id = :campaign_id AND place > :before AND place <= :last
    AND (CAST(:messages AS bigint[]))[place - :before] > 0
""")


async def settle(
    tx: Tx, company_id: int, campaign_id: int, accepted: Mapping[int, int], refused: Mapping[int, str]
) -> None:
    """Note for each place the message that was accepted, or the reason why there is none."""
    of = {"company_id": company_id, "campaign_id": campaign_id}
    apart = dict(accepted)
    if accepted and (last := max(accepted)) - (first := min(accepted)) < 2 * len(accepted):
        messages = ints([accepted.get(place, 0) for place in range(first, last + 1)])
        await tx.execute(_SETTLE_STRETCH, {**of, "messages": messages, "before": first - 1, "last": last})
        apart = {}
    if apart or refused:
        parameters = {
            **of,
            "places": ints([*apart, *refused]),
            "messages": ints([*apart.values(), *[None] * len(refused)]),
            "reasons": texts([*[None] * len(apart), *refused.values()]),
        }
        await tx.execute(_SETTLE, parameters)


# One row a minute, updated in place; one of what is noted behind the turns (see `noted`), from where the first of them began.
_MOVE = text("""
WITH minute AS (
    INSERT INTO campaign_minute AS m (company_id, campaign_id, minute, accepted)
    SELECT :company_id, :campaign_id, date_trunc('minute', CAST(:now AS timestamptz)), :accepted WHERE CAST(:accepted AS bigint) > 0
    ON CONFLICT (company_id, campaign_id, minute) DO UPDATE SET accepted = m.accepted + excluded.accepted
), begun AS (
    INSERT INTO campaign_noted (company_id, campaign_id, place)
    SELECT company_id, campaign_id, place FROM campaign_run
    WHERE company_id = :company_id AND campaign_id = :campaign_id AND CAST(:accepted AS bigint) > 0
    ON CONFLICT DO NOTHING
)
UPDATE campaign_run SET place = :place, accepted = accepted + :accepted, refused = refused + :refused,
    reserved = reserved - :used, used = used + :used, deferred = deferred + :deferred, pace_left = :pace_left, pace_at = :pace_at
WHERE company_id = :company_id AND campaign_id = :campaign_id
""")


async def move(
    tx: Tx,
    company_id: int,
    campaign_id: int,
    *,
    place: int,
    accepted: int,
    refused: int,
    deferred: int,
    used: int,
    pace: Pace,
    now: datetime,
) -> None:
    """Move a campaign to a place, with what was accepted, refused, deferred and taken from its reserve on the way, and its pace."""
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "place": place,
        "accepted": accepted,
        "refused": refused,
        "deferred": deferred,
        "used": used,
        "pace_left": pace.left,
        "pace_at": pace.at,
        "now": now,
    }
    await tx.execute(_MOVE, parameters)


async def prepared(tx: Tx, company_id: int, campaign_id: int, *, last_place: int, segments: int, refused: int) -> None:
    """Add to what a preparation has come to."""
    update = text("""
        UPDATE campaign_run SET last_place = :last_place, segments = segments + :segments, refused = refused + :refused
        WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    parameters = {
        "company_id": company_id,
        "campaign_id": campaign_id,
        "last_place": last_place,
        "segments": segments,
        "refused": refused,
    }
    await tx.execute(update, parameters)


async def set_reserved(tx: Tx, company_id: int, campaign_id: int, amount: int) -> None:
    """Note how many credits are set aside for a campaign."""
    update = text("""
        UPDATE campaign_run SET reserved = :amount WHERE company_id = :company_id AND campaign_id = :campaign_id
    """)
    await tx.execute(update, {"company_id": company_id, "campaign_id": campaign_id, "amount": amount})
