"""The statements of contacts, opt-outs and campaigns walk an index to their rows, and not through all rows of a company."""

import re
from datetime import timedelta

import pytest

from smsflow import runtime, testing
from smsflow.domain.schedule import ALWAYS, Policy
from smsflow.services.campaigns import draft, failures, launch, noting, prepare, result, run, turns
from smsflow.services.campaigns.cost import cost_of
from smsflow.services.contacts import contacts as service
from smsflow.services.contacts import importing, lists, optouts
from smsflow.services.messages.prepare import Limits
from smsflow.sheets.columns import Column, Mapping
from smsflow.sheets.layout import FileKind, Layout
from smsflow.sheets.row import Record
from smsflow.store.campaigns import written
from smsflow.store.contacts import contacts
from smsflow.store.contacts.contacts import NewContact
from tests.dispatch.stage import execute

_GROWING = (
    "contact|contact_in_list|contact_import_row|opt_out|opt_out_change|campaign|campaign_run|campaign_recipient|campaign_number"
    "|campaign_deferred|campaign_noted|failure_tally|marketing_count|marketing_last"
)
_WHOLE = re.compile(rf"Seq Scan on (?:{_GROWING})\b")
# Every row of a company is looked at, and most are thrown away.
_ALL_OF_A_COMPANY = re.compile(
    rf" on (?:{_GROWING})\b.*\n\s+Index Cond: \((?:\w+\.)?company_id = [^()]*\)\n\s+Filter: .*"
)
_FILL = """
INSERT INTO contact (company_id, number, country, source, created_at, updated_at)
SELECT 1, '+237670' || 100000 + n, 'CM', 'manual', now(), now() FROM generate_series(1, 3000) n;
INSERT INTO contact_in_list (company_id, list_id, contact_id) SELECT 1, 1, id FROM contact;
INSERT INTO opt_out (company_id, number, scope, source, since)
SELECT 1, '+237650' || 100000 + n, 'marketing', 'manual', now() FROM generate_series(1, 3000) n;
INSERT INTO campaign (company_id, name, created_at, kind, state, drafted, text, plan)
SELECT 1, 'Old ' || n, now(), 2, 'finished', n % 2 = 0, 'x', '{}' FROM generate_series(1, 3000) n;
INSERT INTO campaign_run (company_id, campaign_id) SELECT 1, id FROM campaign;
INSERT INTO campaign_recipient (company_id, campaign_id, place, number, country, segments)
SELECT 1, 1, n, '+237670' || 100000 + n, 'CM', 1 FROM generate_series(1, 3000) n;
INSERT INTO failure_tally SELECT 1, n, 4, 'UNDELIV 001', 1 FROM generate_series(1, 3000) n;
INSERT INTO marketing_count (day, person, messages) SELECT '2026-11-26', decode(md5(n::text), 'hex'), 1 FROM generate_series(1, 3000) n;
INSERT INTO marketing_last (connector_id, person, company_id, day) SELECT 1, person, 1, day FROM marketing_count;
ANALYZE
"""


class Asked:
    """A transaction that remembers what it was asked for."""

    def __init__(self, tx, statements):
        self._tx, self._statements = tx, statements

    async def execute(self, statement, parameters=None):
        self._statements.add(str(statement))
        return await self._tx.execute(statement, parameters)

    def __getattr__(self, name):
        return getattr(self._tx, name)


@pytest.fixture
async def asked(platform):
    """Do everything once that is done to contacts, opt-outs and campaigns; return each statement."""
    company = await testing.a_company(platform, credits=1000)
    connector = await testing.a_connector(platform)
    await testing.a_route(platform, connector)
    now, statements = runtime.now(), set()
    async with platform.database.transaction() as tx:
        await lists.add_list(tx, company.id, "Clients", now=now)
        await turns.set_policy(tx, Policy("CM", "Africa/Douala", ALWAYS, 3))
    for statement in _FILL.split(";"):
        await execute(platform, statement)
    async with platform.database.transaction() as plain:
        tx = Asked(plain, statements)
        await _bring_in(tx, company, now)
        await _opt_out(tx, company, now)
        campaign = await _run(tx, platform, company, connector, now)
        for act in (launch.pause, launch.resume, launch.cancel):
            await act(tx, company.id, campaign, now=now)
        assert await noting.note(tx, now=now)
        await result.result(tx, company.id, campaign)
        await turns.due(tx)
        await turns.waiting(tx, connector, most=1000)
        await prepare.waiting(tx)
        await importing.waiting(tx)
        await written.last_writers(tx, connector, [b"somebody"])
        await written.forget_counts(tx, before=now.date(), limit=10)
    return statements


async def _bring_in(tx, company, now):
    people = [NewContact(1, "+237690000001", "CM", {"prenom": "Awa"}), NewContact(2, "+237670100001", "CM", {})]
    await contacts.write(tx, company.id, people, source="manual", update=True, lists=[1], now=now)
    await service.find(tx, company, "+237690000001")
    await service.page(tx, company.id, after=0, limit=10)
    mapping = Mapping((Column(0, "number", "number"),))
    plan = importing.ImportPlan(Layout(FileKind.CSV), mapping, lists=(1,))
    found = await importing.begin(tx, company.id, file_name="x.csv", size=1, plan=plan, now=now)
    rows = [Record(1, ("690000002",), {}), Record(2, ("no number",), {})]
    await importing.step(tx, company, found, rows, after=0, last=True, now=now)
    await importing.undo_step(tx, await importing.show(tx, company.id, found), after="", now=now)


async def _opt_out(tx, company, now):
    who = {"scope": "marketing", "source": "manual", "author": "awa", "now": now}
    await optouts.opt_out(tx, company.id, ["+237690000001"], **who)
    await optouts.opt_in(tx, company.id, ["+237690000001"], source="manual", author="awa", now=now)
    await optouts.show_opt_outs(tx, company.id, after="+237650100007", limit=10)


async def _run(tx, platform, company, connector, now):
    table = (await platform.directory.routing()).table
    wanted = draft.Draft("New", "Bonjour {prenom|vous}", lists=["Clients"], numbers=["690000003"])
    campaign = await draft.draft(tx, company, wanted, now=now)
    await draft.latest(tx, company.id, limit=10)
    walk = await prepare.begin(tx, company.id, campaign)
    while not walk.done:
        walk = await prepare.step(tx, company, campaign, walk, routes=table, limits=Limits(), links=None, batch=2000)
    await cost_of(tx, await draft.show(tx, company.id, campaign), now=now)
    await execute_in(tx, "UPDATE company SET balance = 10000")
    await launch.launch(tx, company.id, campaign, now=now)
    await run.run_batch(
        tx, company, campaign, routes=table, policies=await turns.policies(tx), room={connector: 100},
        validity=timedelta(hours=1), fingerprint=platform.vault.fingerprint, now=now, batch=100, links=None,
    )  # fmt: skip
    await failures.kept(tx, company.id, campaign)
    return campaign


async def execute_in(tx, statement):
    """Change what is no matter of this test, without remembering it."""
    await tx._tx.execute(statement)


async def test_no_statement_reads_a_whole_table_or_all_of_a_company(platform, asked):
    found = {}
    async with platform.database.transaction() as tx:
        for statement in asked:
            if statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
                plan = await _plan(tx, statement)
                if _WHOLE.search(plan) or _ALL_OF_A_COMPANY.search(plan):
                    found[statement] = plan

    assert len(asked) > 50
    assert not found, "\n\n".join(f"{statement}\n{plan}" for statement, plan in found.items())


async def _plan(tx, statement):
    """Return the one plan for all parameters, as the sessions of the platform make it."""
    places = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${places.setdefault(found[1], len(places) + 1)}", statement)
    return "\n".join(line for (line,) in await tx.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}"))
