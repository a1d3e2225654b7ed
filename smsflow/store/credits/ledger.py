"""The proof that the money adds up: every invariant, recomputed from the rows."""

from dataclasses import dataclass

from smsflow.store.postgres.snapshot import read_whole_tables
from smsflow.store.postgres.transactions import Tx, text


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold: where, what should be there and what is."""

    invariant: str
    where: str
    expected: int
    found: int


# Each returns (where, expected, found) for every place where it is broken.
_INVARIANTS = {
    "a balance is the sum of its ledger lines": """
        SELECT 'company ' || c.id, coalesce(l.total, 0), c.balance FROM company c
        LEFT JOIN (SELECT company_id, sum(amount)::bigint AS total FROM ledger GROUP BY company_id) l ON l.company_id = c.id
        WHERE c.balance <> coalesce(l.total, 0)
    """,
    "what is reserved is the sum of its ledger lines": """
        SELECT 'company ' || c.id, coalesce(l.total, 0), c.reserved FROM company c
        LEFT JOIN (SELECT company_id, sum(reserved)::bigint AS total FROM ledger GROUP BY company_id) l ON l.company_id = c.id
        WHERE c.reserved <> coalesce(l.total, 0)
    """,
    "what is reserved is what campaigns have left": """
        SELECT 'company ' || c.id, coalesce(r.total, 0), c.reserved FROM company c
        LEFT JOIN (SELECT company_id, sum(reserved)::bigint AS total FROM campaign_run GROUP BY company_id) r ON r.company_id = c.id
        WHERE c.reserved <> coalesce(r.total, 0)
    """,
    "a recipient that was accepted has one message of its campaign": """
        SELECT 'campaign ' || r.campaign_id || ' place ' || r.place, 1, 0 FROM campaign_recipient r
        LEFT JOIN message m ON m.id = r.message_id AND m.company_id = r.company_id AND m.campaign_id = r.campaign_id AND m.number = r.number
        WHERE r.message_id >= (SELECT min(id) FROM message) AND m.id IS NULL
    """,
    "what a campaign has passed is accepted, refused or waits for another day": """
        SELECT 'campaign ' || r.campaign_id, r.place, r.accepted + r.refused + r.deferred - (
            SELECT count(*) FROM campaign_recipient p WHERE p.company_id = r.company_id AND p.campaign_id = r.campaign_id
                AND p.place > r.place AND p.reason IS NOT NULL)
        FROM campaign_run r WHERE NOT r.recipients_gone AND r.accepted + r.deferred > 0 AND r.place <> r.accepted + r.refused + r.deferred - (
            SELECT count(*) FROM campaign_recipient p WHERE p.company_id = r.company_id AND p.campaign_id = r.campaign_id
                AND p.place > r.place AND p.reason IS NOT NULL)
    """,
    "a balance is never below zero": "SELECT 'company ' || id, 0, balance FROM company WHERE balance < 0",
    "what was charged and not returned is what the messages say": """
        SELECT 'company ' || c.id, coalesce(m.total, 0) + coalesce(r.amount, 0), coalesce(l.total, 0) FROM company c
        LEFT JOIN (SELECT company_id, sum(charged)::bigint AS total FROM message GROUP BY company_id) m ON m.company_id = c.id
        LEFT JOIN (SELECT company_id, -sum(amount)::bigint AS total FROM ledger WHERE reason <> 'credit' GROUP BY company_id) l
            ON l.company_id = c.id
        LEFT JOIN retired_charge r ON r.company_id = c.id
        WHERE coalesce(m.total, 0) + coalesce(r.amount, 0) <> coalesce(l.total, 0)
    """,
    "a message is charged its segments once, or not at all when it was returned or answers a STOP, START or HELP": """
        SELECT 'SMS' || id, segments, charged FROM message
        WHERE charged <> segments AND NOT (charged = 0 AND (status IN (4, 6, 7) OR EXISTS (
            SELECT FROM inbound_reply r WHERE r.company_id = message.company_id AND r.message_id = message.id)))
    """,
    "a message that waits to leave is in the queue": """
        SELECT 'SMS' || m.id, 1, 0 FROM message m LEFT JOIN queue q ON q.message_id = m.id
        WHERE m.status IN (1, 5) AND q.message_id IS NULL
    """,
    "a message that has ended is not in the queue": """
        SELECT 'SMS' || m.id, 0, 1 FROM queue q JOIN message m ON m.id = q.message_id WHERE m.status NOT IN (1, 5)
    """,
    "a tally is what its messages say": """
        SELECT 'company ' || company_id || ' campaign ' || campaign_id || ' hour ' || hour || ' ' || figure, sum(counted), sum(kept)
        FROM (
            SELECT company_id, campaign_id, hour, v.figure, 0 AS counted, v.n AS kept FROM (
                SELECT * FROM tally UNION ALL SELECT * FROM tally_delta
            ) AS t CROSS JOIN LATERAL (VALUES ('accepted', accepted), ('charged', charged - returned), ('sent', sent),
                ('delivered', delivered), ('failed', failed), ('expired', expired), ('unknown', unknown), ('cancelled', cancelled)) AS v(figure, n)
            UNION ALL
            SELECT company_id, coalesce(campaign_id, 0), date_trunc('hour', created_at), v.figure, v.n, 0 FROM message
            CROSS JOIN LATERAL (VALUES ('accepted', 1), ('charged', charged)) AS v(figure, n)
            UNION ALL
            SELECT company_id, coalesce(campaign_id, 0), date_trunc('hour', created_at), v.figure, 1, 0 FROM message
            JOIN (VALUES (2, 'sent'), (3, 'delivered'), (4, 'failed'), (6, 'expired'), (7, 'cancelled'), (8, 'unknown')) AS v(status, figure)
                ON v.status = message.status
        ) AS figures
        WHERE NOT EXISTS (SELECT FROM tally_recount)
            AND (hour > (SELECT date_trunc('hour', min(created_at)) FROM message) OR NOT EXISTS (SELECT FROM retired_charge))
        GROUP BY company_id, campaign_id, hour, figure HAVING sum(counted) <> sum(kept)
    """,
    "the reasons of a campaign's failures add up to its tally": """
        SELECT 'company ' || company_id || ' campaign ' || campaign_id || ' status ' || status, sum(tallied), sum(kept) FROM (
            SELECT company_id, campaign_id, status, 0 AS tallied, messages AS kept FROM (
                SELECT * FROM failure_tally UNION ALL SELECT * FROM failure_delta
            ) AS f
            UNION ALL
            SELECT t.company_id, t.campaign_id, v.status, v.n, 0 FROM (SELECT * FROM tally UNION ALL SELECT * FROM tally_delta) AS t
            CROSS JOIN LATERAL (VALUES (4, t.failed), (6, t.expired)) AS v(status, n)
        ) AS figures
        WHERE EXISTS (SELECT FROM campaign c WHERE c.company_id = figures.company_id AND c.id = campaign_id AND c.drafted)
            AND NOT EXISTS (SELECT FROM tally_recount) AND NOT EXISTS (SELECT FROM failure_recount)
            AND NOT EXISTS (SELECT FROM retired_charge r WHERE r.company_id = figures.company_id)
        GROUP BY company_id, campaign_id, status HAVING sum(tallied) <> sum(kept)
    """,
    "what is in the queue is a message": """
        SELECT 'SMS' || q.message_id, 1, 0 FROM queue q LEFT JOIN message m ON m.id = q.message_id WHERE m.id IS NULL
    """,
}


async def check(tx: Tx, *, most: int = 20) -> list[Broken]:
    """Recompute every invariant from the rows, in one snapshot; return at most `most` breaks of each."""
    await read_whole_tables(tx)
    return [
        Broken(invariant, *row)
        for invariant, query in _INVARIANTS.items()
        for row in await tx.execute(text(f"{query} LIMIT :most"), {"most": most})
    ]


async def totals(tx: Tx) -> dict[str, int]:
    """Return what was checked: companies, ledger lines, messages and the queue's length."""
    query = text("""
        SELECT (SELECT count(*) FROM company), (SELECT count(*) FROM ledger), (SELECT count(*) FROM message), (SELECT count(*) FROM queue)
    """)
    row = (await tx.execute(query)).one()
    return dict(zip(("companies", "ledger_lines", "messages", "queued"), row, strict=True))
