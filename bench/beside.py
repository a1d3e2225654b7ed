"""The cost of a running campaign to others: v2 sends, and one-time passwords until they are at the operator."""

import asyncio
import json
import time
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import psycopg
from run import Site, start

from smsflow.domain.schedule import ALWAYS, Policy
from smsflow.runtime import Platform, platform
from smsflow.services.campaigns import draft, launch, prepare, turns
from smsflow.services.contacts import lists
from smsflow.services.messages.prepare import Limits
from smsflow.settings import Settings
from smsflow.simulator.control import ask
from smsflow.store.accounts import companies

_TEXT = "Bonjour {prenom}, votre solde est de {solde} F. Passez nous voir avant samedi, la maison vous offre le café."
_BETWEEN = 0.05
_LONGEST = 30.0

_CONTACTS = """
INSERT INTO contact (company_id, number, country, attributes, source, created_at, updated_at)
SELECT %(company)s, '+237' || 670000000 + n, 'CM', jsonb_build_object('prenom', 'Client' || n, 'solde', n::text), 'import', now(), now()
FROM generate_series(0, %(number)s - 1) AS n
"""
_MEMBERS = """
INSERT INTO contact_in_list (company_id, list_id, contact_id) SELECT company_id, %(list)s, id FROM contact WHERE company_id = %(company)s
"""
_STATE = "SELECT c.state, r.accepted, r.last_place FROM campaign c JOIN campaign_run r ON r.campaign_id = c.id WHERE c.id = %s"


async def measure_beside(folder: Path, *, number: int, seconds: float) -> None:
    """Launch a campaign of `number` SMS behind a fast lane, send by v2 meanwhile, and print how long that took."""
    with ExitStack() as stack:
        site = await asyncio.to_thread(start, stack, folder, window=100, receipt_delay=0.1)
        url = await asyncio.to_thread(_url, folder)
        campaign = await _launch(folder, url, number)
        sends, codes = await _beside(site, seconds)
        with psycopg.connect(url) as connection:
            state, accepted, last = connection.execute(_STATE, (campaign,)).fetchone() or ("", 0, 0)
        stats = await ask(site.control, {"do": "stats"})
    assert state == "running", f"the campaign is {state}: it takes more contacts"
    sends.sort()
    p50, p99 = (1000 * sends[int(share * (len(sends) - 1))] for share in (0.5, 0.99))
    print(f"beside a campaign, {accepted:,} of {last:,} accepted, {stats['submits']:,} at the operator:")
    print(
        f"  {len(sends)} sends by v2: p50 {p50:.0f} ms, p99 {p99:.0f} ms   asked < 50 ms {'' if p99 < 50 else 'MISSED'}"
    )
    slowest = max(codes)
    print(
        f"  {len(codes)} codes, the slowest at the operator after {slowest:.2f} s   asked < 1 s {'' if slowest < 1 else 'MISSED'}"
    )


def _url(folder: Path) -> str:
    return (folder / "data" / "database_url").read_text().strip()


async def _launch(folder: Path, url: str, number: int) -> int:
    async with platform(Settings(data_dir=folder / "data", database_url=url), url) as here:
        with psycopg.connect(url, autocommit=True) as connection:
            ((company_id,),) = connection.execute("SELECT max(id) FROM company")
            async with here.database.transaction() as tx:
                await turns.set_policy(tx, Policy("CM", "Africa/Douala", ALWAYS, 3))
                list_id = await lists.add_list(tx, company_id, "Clients", now=here.clock())
            given = {"company": company_id, "number": number, "list": list_id}
            connection.execute(_CONTACTS, given)
            connection.execute(_MEMBERS, given)
        return await _prepared(here, company_id)


async def _prepared(here: Platform, company_id: int) -> int:
    routing = (await here.directory.routing()).table
    async with here.database.transaction() as tx:
        company = await companies.company(tx, company_id)
        assert company is not None
        campaign = await draft.draft(tx, company, draft.Draft("Everybody", _TEXT, lists=["Clients"]), now=here.clock())
        walk = await prepare.begin(tx, company_id, campaign)
    while not walk.done:
        async with here.database.transaction() as tx:
            walk = await prepare.step(tx, company, campaign, walk, routes=routing, limits=Limits(), links=None)
    async with here.database.transaction() as tx:
        await launch.launch(tx, company_id, campaign, now=here.clock())
    return campaign


async def _beside(site: Site, seconds: float) -> tuple[list[float], list[float]]:
    """Send for so long, once the campaign is under way; return the seconds of each answer, and of each code to the operator."""
    while (await ask(site.control, {"do": "stats"}))["submits"] < 1000:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.1)
    sends: list[float] = []
    codes: list[float] = []
    ends = time.perf_counter() + seconds
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{site.port}", headers={"Authorization": f"Token {site.token}"}
    ) as client:

        async def post(path: str, **fields: str) -> dict[str, str]:
            async with client.post(path, data=fields) as answer:
                assert answer.status == 200, await answer.text()
                return json.loads(await answer.read())  # type: ignore[no-any-return]

        async def send() -> None:
            while time.perf_counter() < ends:
                began = time.perf_counter()
                await post("/apiv2/sms/", number=f"+2376900{len(sends):05}", message="Votre commande est prête.")
                sends.append(time.perf_counter() - began)
                await asyncio.sleep(_BETWEEN)

        async def code() -> None:
            while time.perf_counter() < ends:
                number, began = f"+2376910{len(codes):05}", time.perf_counter()
                await post("/apiv2/smscode/", phone_number=number)
                while not (await ask(site.control, {"do": "inbox", "number": number}))["messages"]:
                    assert time.perf_counter() - began < _LONGEST, "a code did not come"
                    await asyncio.sleep(0.01)
                codes.append(time.perf_counter() - began)
                await asyncio.sleep(1)

        await asyncio.gather(send(), code())
    return sends, codes
