"""A company whose every text was written by somebody who wants to harm whoever reads it, through the platform's own services."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from smsflow import runtime, testing
from smsflow.dispatch import recorder
from smsflow.domain.access import Role
from smsflow.domain.account import Company
from smsflow.domain.delivery import Accepted
from smsflow.domain.message import Status
from smsflow.domain.selection import Operator, rule
from smsflow.jobs.imports import run_import
from smsflow.services import audit, credits, inbound, templates
from smsflow.services.accounts import invitations, people, senders
from smsflow.services.accounts.users import add_user
from smsflow.services.campaigns import draft, launch, prepare
from smsflow.services.contacts import contacts, importing, lists, optouts
from smsflow.services.contacts.importing import ImportPlan
from smsflow.services.exports import making
from smsflow.services.exports.wanted import WantedFile
from smsflow.services.messages.prepare import Limits
from smsflow.services.routing import numbers
from smsflow.services.templates import WrittenTemplate
from smsflow.sheets.preview import preview
from smsflow.store.campaigns import drafts
from smsflow.store.credits import requests
from smsflow.store.inbound import InboundPart
from smsflow.store.messages import set_aside
from smsflow.store.messages.receipts import News
from smsflow.store.messages.set_aside import SetAside
from smsflow.store.postgres.transactions import text
from smsflow.store.routing import dispatchers, receipt_states
from tests.dispatch.dispatcher import Dispatcher, an_instance

NUMBER = "+237690000001"


@dataclass
class Planted:
    """The company, who signs in, and the ids of what was planted, by the fields of addresses."""

    company: Company
    username: str
    operator: str
    connector: int
    ids: dict[str, str]


async def plant(platform, mark):
    """Write `mark(place)` wherever a person, a file or an operator can write something."""
    now, fingerprint = runtime.now(), platform.vault.fingerprint
    company = await testing.a_company(platform, name=mark("company"), credits=100)
    connector = await testing.a_connector(platform, mark("connector"))
    await testing.a_route(platform, connector)
    limits, table = Limits(), (await platform.directory.routing()).table
    username, operator = mark("user"), "root"
    async with platform.database.transaction() as tx:
        await add_user(tx, username, testing.PASSWORD, company_id=company.id, is_admin=True)
        await credits.add_credit(tx, company.id, 5, note=mark("note"), now=now)
        await contacts.put(tx, company, NUMBER, {"prenom": mark("attribute")}, source="manual", now=now)
        list_id = await lists.add_list(
            tx, company.id, mark("rule list"), rules=[rule("prenom", Operator.CONTAINS, mark("rule"))], now=now
        )
        await lists.put_in(tx, company.id, (await contacts.find(tx, company, NUMBER)).id, mark("list"), now=now)
        template_id = await templates.add(
            tx, company, WrittenTemplate(mark("template"), "campaign", mark("template text")), most_segments=10, now=now
        )
        await optouts.opt_out(
            tx,
            company.id,
            ["+237690000002"],
            scope="all",
            source="manual",
            author=mark("author"),
            reason=mark("reason"),
            now=now,
        )
        wanted = draft.Draft(mark("campaign"), mark("text"), lists=[mark("list")], numbers=["690000003"])
        campaign_id = await draft.draft(tx, company, wanted, now=now)
        await prepare.prepare(tx, company, campaign_id, routes=table, limits=limits, links=None)
        await numbers.add(tx, "8787", connector=mark("connector"), company_id=company.id)
        said = mark("inbound").encode()
        part = InboundPart(connector, "237690000001", "8787", 0, 1, 1, 0, 0, 0, 0, said, now, 1, "", now)
        await inbound.receive(tx, connector, [part], fingerprint=fingerprint, now=now)
        sender_id = await senders.ask_for(
            tx,
            company.id,
            "KRIBI",
            use=mark("use"),
            sample=mark("sample"),
            author=username,
            joined=senders.Joined(mark("document"), b"%PDF-1.7"),
            now=now,
        )
        refused = await senders.ask_for(tx, company.id, "DOUALA", author=username, now=now)
        await senders.decide(tx, company.id, refused, approved=False, reason=mark("refusal"), by=operator, now=now)
        await _told_by_others(tx, company, connector, mark, now)
        await people.add_operator(tx, operator, testing.PASSWORD, role=Role.ADMIN)
        await people.set_profile(
            tx, (await people.named(tx, operator)).person, full_name=mark("operator name"), email=None, language="fr"
        )
        export_id = await making.ask(tx, company.id, WantedFile("inbox", {}, ["SMS"]), author=username, now=now)
        await audit.record(
            tx,
            audit.Actor(username, "127.0.0.1", company.id),
            "tried",
            mark("subject"),
            after={"x": mark("after")},
            now=now,
        )
    message = await _failed(platform, company, connector, mark)
    import_id = await _imported(platform, company, mark)
    async with platform.database.transaction() as tx:
        await launch.launch(tx, company.id, campaign_id, now=now)
        (received,) = (await inbound.of_company(tx, company.id, before=None, limit=1)).received
    ids = {
        "campaign_id": campaign_id,
        "list_id": list_id,
        "template_id": template_id,
        "inbound_id": received.id,
        "import_id": import_id,
        "export_id": export_id,
        "sender_id": sender_id,
        "message": f"SMS{message:07}",
        "number": NUMBER.lstrip("+"),
        "kind": "contacts",
    }
    return Planted(company, username, operator, connector, {name: str(value) for name, value in ids.items()})


async def _told_by_others(tx, company, connector, mark, now):
    """Write what colleagues, the platform's people, operators and machines say."""
    await add_user(tx, "mireille", testing.PASSWORD, company_id=company.id, is_admin=False)
    colleague = (await people.named(tx, "mireille")).person
    await people.set_profile(tx, colleague, full_name=mark("full name"), email=mark("email"), language=None)
    await invitations.invite(
        tx,
        company,
        role=Role.READER,
        email=mark("invited"),
        author=mark("inviting"),
        mail=None,
        new_token=runtime.new_token,
        now=now,
    )
    asked = await requests.add(tx, company.id, 5, note=mark("request"), author="awa", now=now)
    await requests.close(tx, company.id, asked, state="declined", by="root", answer=mark("answer"), now=now)
    sent_back = await draft.draft(tx, company, draft.Draft("Retour", "Bonjour", numbers=["690000003"]), now=now)
    await drafts.set_state(tx, company.id, sent_back, "prepared", why=mark("sent back"))
    await receipt_states.note(tx, connector, {mark("state"): 1}, now=now)
    await set_aside.keep(tx, SetAside("outcomes", company.id, 7, "1", mark("set aside")), now=now)
    for row in (
        "INSERT INTO process (role, host, pid, started_at, beat_at, clock_ahead) VALUES ('web', :host, 7, now(), now(), 0)",
        """INSERT INTO mail (company_id, letter_sealed, created_at, due_at, tries, last_error)
            VALUES (:company, '', now(), now(), 5, :mail)""",
    ):
        values = {
            "host": mark("host"),
            "company": company.id,
            "mail": mark("mail"),
        }
        await tx.execute(text(row), {name: v for name, v in values.items() if f":{name}" in row})


async def lose_a_bind(tx, planted, mark):
    """Have a dispatcher, which lives for as long as this connection is held, tell what an operator says of its bind."""
    host, bind = mark("dispatcher"), mark("bind")
    values = {"connector": planted.connector, "bind": bind}
    values["instance"] = await dispatchers.register(tx, host=host, pid=1, now=runtime.now())
    await tx.execute(text("INSERT INTO bind_state VALUES (:connector, 0, :instance, 'lost', :bind, now())"), values)


async def _failed(platform, company, connector, mark):
    """Have an operator report a failure in its own words."""
    dispatcher = Dispatcher(platform, await an_instance(platform), company, connector)
    message = await dispatcher.accepts(number=NUMBER, text=mark("message"))
    (claim,) = await dispatcher.claims()
    await dispatcher.reports(claim, Accepted(("ref",)))
    news = News(connector, "ref", Status.FAILED, True, mark("error"), NUMBER, "AWA")
    await recorder.receive(platform.database, [news], policy="all", forms=lambda _: (), now=dispatcher.now)
    return message


async def _imported(platform, company, mark):
    """Bring in a file with an evil name, evil headings, and rows that are refused; return the import that is looked at."""
    with TemporaryDirectory() as folder:
        path, body = _file(folder, mark)
        seen = preview(path)
        for begin in (importing.begin, importing.receive):
            async with platform.database.transaction() as tx:
                import_id = await begin(
                    tx,
                    company.id,
                    file_name=mark("file"),
                    size=len(body),
                    plan=ImportPlan(seen.layout, seen.mapping),
                    now=runtime.now(),
                )
                await importing.add_chunk(tx, company.id, import_id, 0, body)
            if begin is importing.begin:
                await run_import(platform.database, company.id, import_id, runtime.now)
    return import_id


def _file(folder, mark):
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(
        [["Téléphone", mark("heading"), "Prénom"], ["690000009", "x", mark("cell")], ["12", "y", mark("refused")]]
    )
    path, body = Path(folder, "file.csv"), written.getvalue().encode()
    path.write_bytes(body)
    return path, body
