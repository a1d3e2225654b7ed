import asyncio

from smsflow import runtime
from smsflow.cli.processes import demo, demo_company
from smsflow.cli.processes.demo_people import PEOPLE
from smsflow.services import verifications
from smsflow.services.accounts import passwords, people, users
from smsflow.services.contacts import importing
from smsflow.services.contacts.lists import show_lists
from smsflow.services.upkeep import ledger
from smsflow.settings import Settings
from smsflow.smpp import spec
from smsflow.store.accounts import companies as stored_companies
from smsflow.store.accounts import users as stored_users
from smsflow.store.campaigns import drafts
from smsflow.store.credits import balances
from smsflow.store.postgres.transactions import text
from smsflow.store.routing import connectors, routes
from smsflow.vault import Vault


async def test_the_demo_has_a_company_a_user_an_operator_and_a_route(platform):
    made = await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        login = await stored_users.login(tx, "demo")
        company = await stored_companies.company(tx, login.user.company_id)
        (connector,) = await connectors.connectors(tx)
        (route,) = await routes.routes(tx)
        assert await balances.balance(tx, company.id) > 1000
    assert passwords.is_password(login.password_hash, made.password)
    assert (company.name, company.country, company.sender(None).name) == ("Démo SMSFLOW", "CM", "SMSFLOW")
    assert (connector.name, connector.host, connector.port, connector.enabled) == ("demo", "127.0.0.1", 2775, True)
    assert platform.vault.open(connector.password_sealed) == made.smsc_password
    assert (route.connector_id, route.country) == (connector.id, "CM")


async def test_the_password_is_kept_in_a_file_that_only_its_owner_reads(platform):
    made = await demo.prepare(platform, smsc_port=2775)

    file = platform.settings.data_dir / "demo_password"
    assert file.read_text().strip() == made.password
    assert file.stat().st_mode & 0o777 == 0o600


async def test_preparing_again_changes_nothing(platform):
    first = await demo.prepare(platform, smsc_port=2775)
    async with platform.database.transaction() as tx:
        stored = await drafts.latest(tx, 1, limit=10)

    assert await demo.prepare(platform, smsc_port=2775) == first
    async with platform.database.transaction() as tx:
        assert await drafts.latest(tx, 1, limit=10) == stored


async def test_the_demo_has_something_to_see(platform):
    await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        campaigns = {c.name: c.state for c in await drafts.latest(tx, 1, limit=10)}
        lists = {each.name: each.contacts for each in await show_lists(tx, 1)}
        imports = [(i.file_name, i.state, i.invalid) for i in await importing.latest(tx, 1)]
        codes = [c.state.name for c in await verifications.requests(tx, 1, before=None, limit=9, now=runtime.now())]
        waiting = (await tx.execute(text("SELECT count(*) FROM queue"))).scalar_one()
    async with platform.database.transaction() as tx:
        assert (await ledger.prove(tx)).holds
    assert campaigns == {
        "Ouverture dimanche": "running",
        "Nouveaux horaires": "running",
        "Soldes": "scheduled",
        "Nouvelle collection": "draft",
    }
    assert lists == {"Clients de Douala": 146, "Clients de Yaoundé": 96, "Clients fidèles": 120}
    assert ("clients-douala.csv", "finished", 2) in imports
    assert codes == ["SENT", "SENT", "VALIDATED"]
    assert waiting > len(codes)


async def test_somebody_elses_database_gets_no_content_and_no_account_of_the_platform(platform):
    async with platform.database.transaction() as tx:
        await stored_companies.add_company(tx, "Boutique Kribi", country="CM", timezone="Africa/Douala")

    made = await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        assert await drafts.latest(tx, 2, limit=10) == []
        assert await people.named(tx, demo.OPERATOR) is None
    assert "demo-operator" not in made.greeting("http://127.0.0.1:8000")


async def test_the_platforms_operator_signs_in_with_what_the_greeting_says(platform):
    made = await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        found = await people.named(tx, demo.OPERATOR)
    assert found.person.operator
    assert passwords.is_password(found.password_hash, made.operator_password)
    assert f"username: demo-operator\n    password: {made.operator_password}" in made.greeting("http://127.0.0.1:8000")


async def test_the_demos_operator_refuses_some_does_not_reach_others_and_some_answer():
    script = demo_company.operator()

    refused = {script.refusal(p.number[1:]) for p in PEOPLE}
    states = {script.final_state(p.number[1:]).split()[0] for p in PEOPLE}
    assert refused == {0, spec.ESME_RINVDSTADR, spec.ESME_RSUBMITFAIL}
    assert states == {"DELIVRD", "UNDELIV", "EXPIRED", "REJECTD"}
    assert "STOP" in {script.reply(p.number[1:]) for p in PEOPLE}
    assert script.final_state("237690000001") == "DELIVRD"


async def test_changes_of_the_user_are_kept(platform):
    await demo.prepare(platform, smsc_port=2775)
    async with platform.database.transaction() as tx:
        login = await stored_users.login(tx, "demo")
        await stored_users.set_password(tx, login.user.id, passwords.hash_password("another one"))
        await connectors.set_connector(tx, "demo", {"host": "smpp.operator.example", "port": 9000, "enabled": False})

    made = await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        (connector,) = await connectors.connectors(tx)
    assert (connector.host, connector.port, connector.enabled) == ("smpp.operator.example", 9000, False)
    assert made.password is None
    assert "YOUR-PASSWORD" in made.curl


async def test_a_lost_password_file_brings_a_new_password(platform):
    first = await demo.prepare(platform, smsc_port=2775)
    (platform.settings.data_dir / "demo_password").unlink()

    second = await demo.prepare(platform, smsc_port=2775)

    async with platform.database.transaction() as tx:
        login = await stored_users.login(tx, "demo")
    assert second.password != first.password
    assert passwords.is_password(login.password_hash, second.password)


async def test_the_operator_follows_its_port_and_a_lost_key(platform, settings_of):
    await demo.prepare(platform, smsc_port=2775)
    other = Vault("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    object.__setattr__(platform, "vault", other)

    made = await demo.prepare(platform, smsc_port=2776)

    async with platform.database.transaction() as tx:
        (connector,) = await connectors.connectors(tx)
    assert connector.port == 2776
    assert other.open(connector.password_sealed) == made.smsc_password


async def test_a_user_named_demo_of_another_company_keeps_its_password(platform):
    async with platform.database.transaction() as tx:
        company_id = await stored_companies.add_company(tx, "Demo & Sons", country="CM", timezone="Africa/Douala")
        await users.add_user(tx, "demo", "a secret", company_id=company_id, is_admin=False)

    made = await demo.prepare(platform, smsc_port=2775)

    assert made.password is None


def test_the_address_is_one_that_this_machine_reaches():
    assert demo.address_of(Settings(host="0.0.0.0", port=8001)) == "http://127.0.0.1:8001"
    assert demo.address_of(Settings(host="::", port=8001)) == "http://[::1]:8001"
    assert demo.address_of(Settings(public_url="https://sms.example/")) == "https://sms.example"


async def test_the_curl_gets_a_token_and_sends(platform):
    """The one command is pasted into a shell; a server of ten lines stands for the platform."""
    seen = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:"))
        body = (await reader.readexactly(length)).decode()
        path = head.split()[1]
        token = next((line[15:] for line in head.splitlines() if line.lower().startswith("authorization:")), None)
        seen.append((path, token, body))
        reply = b'{"token":"abc-DEF_1","username":"demo"}' if "auth2" in path else b'{"message":"success"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(reply) + reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        shell = await asyncio.create_subprocess_exec(
            "sh", "-c", demo.curl(address, "demo", "dP-_1"), stdout=asyncio.subprocess.PIPE
        )
        told, _ = await asyncio.wait_for(shell.communicate(), 10)

    assert seen[0] == ("/auth2/get_token_auth/", None, "username=demo&password=dP-_1")
    assert (*seen[1][:2], seen[1][2].replace("%20", "+")) == (
        "/apiv2/sms/",
        "Token abc-DEF_1",
        "number=690000001&message=Bonjour+de+SMSFLOW",
    )
    assert told == b'{"message":"success"}'
