import pytest

from smsflow import testing
from smsflow.settings import Settings
from smsflow.store.postgres.transactions import text
from tests.web.customer import Customer


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
async def test_the_process_is_alive(site: Customer, path):
    answer = await site.get(path)

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
async def test_the_platform_is_ready(site: Customer, path):
    answer = await site.get(path)

    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


async def test_the_platform_is_not_ready_before_its_migrations(site: Customer):
    async with site.platform.database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    answer = await site.get("/readyz")

    assert answer.status_code == 503
    assert answer.text == "The database has migrations to come: run `smsflow migrate`.\n"


async def test_the_platform_is_not_ready_without_its_database(tmp_path):
    from falcon.testing import ASGIConductor

    from smsflow.runtime import now, platform
    from smsflow.services.messages.intake import Intake
    from smsflow.web.serve import create

    url = f"postgresql://nobody@/nowhere?host={tmp_path}"
    async with platform(Settings(data_dir=tmp_path), url) as away:
        app = create(away, Intake(away.database, now, fingerprint=away.vault.fingerprint, most=1, bound=1))
        async with ASGIConductor(app) as conductor:
            ready = await conductor.simulate_get("/readyz")
            alive = await conductor.simulate_get("/healthz")

    assert (ready.status_code, ready.text) == (503, "The database cannot be reached.\n")
    assert alive.status_code == 200


async def test_accepted_and_refused_requests_are_counted(site: Customer):
    _, token = await site.opened(credits=2)
    await testing.a_route(site.platform)

    async def counted():
        lines = (await site.get("/metrics")).text.splitlines()
        names = ("smsflow_accepted_total", 'smsflow_refused_total{code="not_enough_credits"}')
        found = dict(line.rsplit(" ", 1) for line in lines if line.startswith(names))
        return [float(found.get(name, 0)) for name in names]

    before = await counted()
    await site.send(token)
    await site.post("/apiv2/smscode/", {"phone_number": "690000001"}, token=token)
    await site.send(token)

    assert [after - was for after, was in zip(await counted(), before, strict=True)] == [2, 1]
    assert (await site.get("/metrics/")).headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_the_documentation_has_an_address_in_each_language(site: Customer):
    for path in ("/docs", "/docs/", "/docs/en/"):
        assert (await site.get(path)).status_code == 200


async def test_the_description_of_the_api_is_served(site: Customer):
    answer = await site.get("/apiv2/openapi.json")

    assert (answer.status_code, answer.json["openapi"]) == (200, "3.1.0")
