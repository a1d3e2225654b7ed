"""A company that has used the platform for a year: millions of messages and contacts, put straight into the tables."""

import time
from datetime import timedelta

import msgspec

from smsflow.services.campaigns import failures
from smsflow.services.contacts.importing import ImportPlan
from smsflow.services.messages import tallies
from smsflow.sheets.columns import Mapping
from smsflow.sheets.layout import FileKind, Layout
from smsflow.store.postgres import partitions
from smsflow.store.postgres.transactions import Database, text

_BATCH = 500_000
# Seconds for a statement.
_PATIENCE = 3600.0
CAMPAIGN_SIZE = 50_000
# The last of them has as many recipients as there are contacts; the last but two has ended, and knows its SMS.
CAMPAIGNS = 100

# The last 200,000 are codes. Statuses as a good year has them: 93 of 100 delivered, 5 failed, 1 expired, 1 unknown.
_MESSAGES = text("""
INSERT INTO message (id, company_id, connector_id, campaign_id, created_at, valid_until, sent_at, done_at, kind, status, segments,
    charged, sealed, number, country, sender, text, error)
SELECT n, :company, :connector, CASE WHEN n % 2 = 0 AND n <= :all - 200000 THEN (n - 1) * CAST(:campaigns AS bigint) / :all + 1 END,
    CAST(:now AS timestamptz) - interval '365 days' * (1 - n / CAST(:all AS double precision)), CAST(:now AS timestamptz) + interval '2 days',
    :now, :now, CASE WHEN n <= :all - 200000 THEN 1 + n % 2 ELSE 0 END, s.status, 1, 1, false, '+23767' || lpad(((n * 7919) % :contacts)::text, 7, '0'), 'CM', 'KRIBI',
    'Bonjour, votre commande est en route. Boutique Kribi, Douala.', s.error
FROM generate_series(CAST(:after AS bigint) + 1, :last) n, LATERAL (SELECT
    CASE WHEN n % 100 < 93 THEN 3 WHEN n % 100 < 98 THEN 4 WHEN n % 100 < 99 THEN 6 ELSE 8 END AS status,
    CASE WHEN n % 100 BETWEEN 93 AND 97 THEN 'UNDELIV 027' WHEN n % 100 = 98 THEN 'EXPIRED 000' END AS error) s
""")
_PARTS = text("""
INSERT INTO part (company_id, message_id, attempt, account_id, reference, number, total)
SELECT :company, n, 1, :connector, 'ref' || n, 1, 1 FROM generate_series(CAST(:after AS bigint) + 1, :last) n
""")
_REST = (
    """INSERT INTO contact (company_id, id, number, country, attributes, source, created_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT :company, n, '+23767' || lpad(n::text, 7, '0'), 'CM',
        jsonb_build_object('prenom', (ARRAY['Aïcha','Blaise','Carine','Didier','Estelle'])[1 + n % 5], 'nom', 'Njoya ' || n, 'ville',
            (ARRAY['Douala','Yaoundé','Kribi'])[1 + n % 3]), 'import', :now, :now
    FROM generate_series(1, CAST(:contacts AS bigint)) n""",
    """INSERT INTO contact_list (company_id, id, name, created_at) OVERRIDING SYSTEM VALUE
    SELECT :company, n, 'Liste ' || n, :now FROM generate_series(1, 20) n""",
    """INSERT INTO contact_in_list (company_id, list_id, contact_id)
    SELECT :company, l, n FROM generate_series(1, CAST(:contacts AS bigint)) n, generate_series(1, 3) l WHERE n % l = 0""",
    """INSERT INTO opt_out (company_id, number, scope, source, since)
    SELECT :company, '+23767' || lpad((n * 20)::text, 7, '0'), 'marketing', 'sms', :now
    FROM generate_series(1, CAST(:contacts AS bigint) / 20) n""",
    """INSERT INTO campaign (id, company_id, name, created_at, kind, state, drafted, text, sender, plan, launched_at, finished_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, :company, 'Campagne ' || n, CAST(:now AS timestamptz) - interval '365 days' * (1 - n::float / :campaigns), 2,
        CASE WHEN n < CAST(:campaigns AS bigint) THEN 'finished' ELSE 'running' END, true, 'Bonjour {prenom}', 'KRIBI',
        '{"lists": [1], "without": []}', :now, CASE WHEN n < CAST(:campaigns AS bigint) THEN CAST(:now AS timestamptz) END
    FROM generate_series(1, CAST(:campaigns AS bigint)) n""",
    """INSERT INTO campaign_run (company_id, campaign_id, place, last_place, segments, accepted, used, pace_at)
    SELECT :company, n, :size, CASE WHEN n < CAST(:campaigns AS bigint) THEN :size ELSE CAST(:contacts AS bigint) END, :size, :size, :size,
        :now
    FROM generate_series(1, CAST(:campaigns AS bigint)) n""",
    """INSERT INTO campaign_share (company_id, campaign_id, connector_id, recipients, segments)
    SELECT :company, n, :connector, :size, :size FROM generate_series(1, CAST(:campaigns AS bigint)) n""",
    """INSERT INTO campaign_minute (company_id, campaign_id, minute, accepted)
    SELECT :company, n, CAST(:now AS timestamptz) - m * interval '1 minute', 700
    FROM generate_series(1, CAST(:campaigns AS bigint)) n, generate_series(1, 70) m""",
    """INSERT INTO campaign_recipient (company_id, campaign_id, place, number, country, connector_id, segments, message_id)
    SELECT :company, :campaigns, n, '+23767' || lpad(n::text, 7, '0'), 'CM', :connector, 1, CASE WHEN n <= :size THEN :all - n END
    FROM generate_series(1, CAST(:contacts AS bigint)) n
    UNION ALL SELECT :company, CAST(:campaigns AS bigint) - 2, row_number() OVER (ORDER BY id), number, 'CM', :connector, 1, id
    FROM message WHERE company_id = :company AND campaign_id = CAST(:campaigns AS bigint) - 2""",
    """INSERT INTO ledger (company_id, amount, reason, messages, created_at, campaign_id)
    SELECT :company, -20, 'charge', 20, CAST(:now AS timestamptz) - interval '365 days' * (1 - n / 500000.0),
        CASE WHEN n % 2 = 0 THEN n * CAST(:campaigns AS bigint) / 500001 + 1 END FROM generate_series(1, 500000) n""",
    """INSERT INTO verification (company_id, message_id, number, code_sealed, timeout, state, created_at, expires_at)
    SELECT :company, CAST(:all AS bigint) - 200000 + n, '+23767' || lpad(n::text, 7, '0'), '', 600, 2, :now, :now
    FROM generate_series(1, 200000) n""",
    """INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at, company_id, number)
    SELECT :connector, '23767' || lpad(n::text, 7, '0'), '8040', 0, '', 'Merci !', :now, :company, '+23767' || lpad(n::text, 7, '0')
    FROM generate_series(1, 200000) n""",
    """INSERT INTO audit (company_id, id, at, author, address, act, subject) OVERRIDING SYSTEM VALUE
    SELECT :company, n, :now, 'aicha', '127.0.0.1', 'campaign.launch', 'campaign ' || n FROM generate_series(1, 100000) n""",
    """INSERT INTO contact_import (company_id, id, file_name, plan, state, size, rows, new, created_at, finished_at)
    OVERRIDING SYSTEM VALUE
    SELECT :company, n, 'clients.csv', CAST(:plan AS jsonb), 'finished', 1000, 50000, 50000, :now, :now FROM generate_series(1, 200) n""",
)


async def fill(database: Database, company: int, connector: int, *, messages: int, contacts: int) -> None:
    """Store what is not there yet, with the tallies as the platform counts them; print how long it took."""
    async with database.autocommit() as tx:
        now = (await tx.execute(text("SELECT now()"))).scalar_one()
        there = (await tx.execute(text("SELECT coalesce(max(id), 0) FROM message"))).scalar_one()
    values = {"company": company, "connector": connector, "all": messages, "contacts": contacts, "now": now}
    plan = ImportPlan(Layout(FileKind.CSV, "utf-8", ";"), Mapping(()))
    values |= {"plan": msgspec.json.encode(plan).decode(), "campaigns": CAMPAIGNS, "size": CAMPAIGN_SIZE}
    began = time.perf_counter()
    for after in range(there, messages, _BATCH):
        batch = {**values, "after": after, "last": min(after + _BATCH, messages)}
        async with database.transaction(patience=_PATIENCE) as tx:
            await partitions.ensure(tx)
            await tx.execute(text("SET LOCAL statement_timeout = 0"))
            await tx.execute(_MESSAGES, batch)
            await tx.execute(_PARTS, batch)
            await tx.execute(text("SELECT setval('message_id_seq', :last)"), batch)
        print(f"{batch['last']:,} messages after {time.perf_counter() - began:.0f} s", flush=True)
    for statement in _REST:
        table = statement.split()[2]
        async with database.transaction(patience=_PATIENCE) as tx:
            await tx.execute(text("SET LOCAL statement_timeout = 0"))
            known = text(f"SELECT count(*) FROM (SELECT FROM {table} WHERE company_id = :company LIMIT 2) AS t")
            if (await tx.execute(known, values)).scalar_one() < 2:  # the company opened with one line of its ledger
                await tx.execute(text(statement), values)
    async with database.transaction() as tx:
        await tx.execute(
            text("INSERT INTO tally_recount SELECT :now WHERE NOT EXISTS (SELECT FROM tally_recount)"), values
        )
    async with database.transaction(patience=_PATIENCE) as tx:
        await tx.execute(text("SET LOCAL statement_timeout = 0"))
        assert await tallies.recount(tx, now=now + timedelta(days=1))
    for campaign in (CAMPAIGNS - 2, CAMPAIGNS):
        async with database.transaction(patience=_PATIENCE) as tx:
            await failures.recount(tx, company, campaign)
    async with database.autocommit(patience=_PATIENCE) as tx:
        await tx.execute(text("SET statement_timeout = 0"))
        await tx.execute(text("VACUUM (ANALYZE, PARALLEL 0)"))
        # Connections of a pool live on.
        await tx.execute(text("RESET statement_timeout"))
    print(f"all of it after {time.perf_counter() - began:.0f} s", flush=True)
