"""The content of the demo's company: contacts, campaigns, SMS that fail in each way, codes, and people who answer.

All of it goes through the services, before anything runs: the platform then sends it through the simulated operator, whose
habits with some of the numbers stand here too.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from smsflow.cli.processes.demo_people import PEOPLE, DemoPerson
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.routing import Table
from smsflow.domain.schedule import Plan
from smsflow.runtime import Platform, links, randbelow, routing_of
from smsflow.services import templates, verifications
from smsflow.services.accounts import companies, senders
from smsflow.services.campaigns import draft, launch
from smsflow.services.campaigns.draft import Draft
from smsflow.services.campaigns.prepare import prepare as prepare_campaign
from smsflow.services.contacts import importing, lists, optouts
from smsflow.services.contacts.importing import ImportPlan
from smsflow.services.messages.prepare import Limits, Order
from smsflow.services.messages.prepare import prepare as prepare_message
from smsflow.services.messages.submit import submit
from smsflow.services.routing import numbers
from smsflow.services.templates import WrittenTemplate
from smsflow.sheets.columns import records
from smsflow.sheets.layout import rows
from smsflow.sheets.preview import preview
from smsflow.simulator.script import Script
from smsflow.smpp import spec
from smsflow.store.postgres.transactions import Tx

OWN_NUMBER: Final = "8040"
_DOUALA, _YAOUNDE, _LOYAL = "Clients de Douala", "Clients de Yaoundé", "Clients fidèles"
_HEADING: Final = "Téléphone;Prénom;Nom;Ville"
# A landline, a number that is none, one abroad, and somebody of whom no first name is known, as such files have them.
_ODD_ROWS: Final = (
    "233 42 11 08;Rose;Ateba;Douala",
    "à demander;Serge;Mballa;Douala",
    "+33612345678;Line;Fotso;Lyon",
    "699 00 11 22;;Ndongo;Douala",
)

# People by their place among PEOPLE: how the operator refuses them, and what it reports of the others it does not reach.
_REFUSED: Final = {12: spec.ESME_RINVDSTADR, 36: spec.ESME_RINVDSTADR, 58: spec.ESME_RSUBMITFAIL}
_UNREACHED: Final = {20: "UNDELIV 001", 44: "UNDELIV 027", 72: "UNDELIV 027", 96: "EXPIRED", 118: "REJECTD 013"}
_ANSWERS: Final = {
    4: "Merci, à dimanche !",
    28: "Avez-vous encore la taille 43 ?",
    52: "Je passe samedi matin avec ma sœur. Gardez-moi s'il vous plaît les sandales bleues que j'ai vues vendredi.",
    76: "STOP",
}
_OPTED_OUT: Final = (8, 32)

_TEMPLATES: Final = {
    "Commande prête": "Bonjour {prenom|cher client}, votre commande est prête. Boutique de {ville|Douala}.",
    "Soldes": "{prenom|Cher client}, -20 % sur les chaussures jusqu'à samedi. {stop}",
}

_CODE_SECONDS = 600


def operator() -> Script:
    """Return the behaviour of the demo's operator: it fails some of the company's customers, and others answer."""
    return Script(
        receipt_delay=0.5,
        refuse=[(_exactly(place), status) for place, status in _REFUSED.items()],
        receipt_states=[(_exactly(place), state) for place, state in _UNREACHED.items()],
        replies=[(_exactly(place), text) for place, text in _ANSWERS.items()],
        replies_to=OWN_NUMBER,
    )


def _exactly(place: int) -> str:
    return f"^{PEOPLE[place].number.removeprefix('+')}$"


@dataclass(frozen=True, slots=True)
class _Maker:
    """The parts of the platform that the maker works with, and what it has made so far."""

    tx: Tx
    platform: Platform
    company: Company
    routes: Table
    limits: Limits
    now: datetime


async def furnish(tx: Tx, platform: Platform, company_id: int, *, connector: str, now: datetime) -> None:
    """Give a company that was just made all that the demo shows; its SMS wait for the platform to run."""
    await numbers.add(tx, OWN_NUMBER, connector=connector, company_id=company_id)
    await senders.ask_for(tx, company_id, "MABOUTIQUE", now=now)
    settings = platform.settings
    limits = Limits(settings.message_segments_limit, timedelta(hours=settings.validity_hours))
    company = (await companies.account(tx, company_id)).company
    maker = _Maker(tx, platform, company, (await routing_of(tx)).table, limits, now)
    await _templates(maker)
    await _contacts(maker)
    await _messages(maker)
    await _codes(maker)
    await _campaigns(maker)


async def _templates(maker: _Maker) -> None:
    for name, text in _TEMPLATES.items():
        await templates.add(
            maker.tx,
            maker.company,
            WrittenTemplate(name, "campaign", text),
            most_segments=maker.limits.segments,
            now=maker.now,
        )


async def _contacts(maker: _Maker) -> None:
    douala = [p for p in PEOPLE if p.city == "Douala"]
    await _import(maker, "clients-douala.csv", _DOUALA, douala, [*_ODD_ROWS, douala[0].row])
    await _import(maker, "clients-yaounde.csv", _YAOUNDE, [p for p in PEOPLE if p.city != "Douala"])
    await _import(maker, "carte-fidelite.csv", _LOYAL, PEOPLE[::2])
    for scope, place in zip(("marketing", "all"), _OPTED_OUT, strict=True):
        number = PEOPLE[place].number
        why = "Demandé au téléphone"
        await optouts.opt_out(
            maker.tx,
            maker.company.id,
            [number],
            scope=scope,
            source="manual",
            author="demo",
            reason=why,
            now=maker.now,
        )


async def _import(
    maker: _Maker, name: str, list_name: str, people: Sequence[DemoPerson], others: Sequence[str] = ()
) -> None:
    """Import a file of people into a new list."""
    list_id = await lists.add_list(maker.tx, maker.company.id, list_name, now=maker.now)
    body = "\n".join([_HEADING, *(p.row for p in people), *others, ""]).encode()
    with tempfile.TemporaryDirectory(prefix="smsflow-demo-") as folder:
        file = Path(folder) / name
        file.write_bytes(body)
        seen = preview(file)
        read = list(records(rows(file, seen.layout), seen.mapping))
    plan = ImportPlan(seen.layout, seen.mapping, lists=(list_id,))
    import_id = await importing.begin(
        maker.tx, maker.company.id, file_name=name, size=len(body), plan=plan, now=maker.now
    )
    await importing.step(maker.tx, maker.company, import_id, read, after=0, last=True, now=maker.now)


async def _messages(maker: _Maker) -> None:
    """Accept SMS of an application: most arrive, one of each kind fails, and one is for tomorrow."""
    failing = [*_REFUSED, *_UNREACHED]
    people = [PEOPLE[place] for place in (1, 3, *failing, 5, 7, 9)]
    orders = [
        Order(p.number, f"Bonjour {p.first}, votre commande n° {4200 + n} est prête. Boutique de {p.city}.")
        for n, p in enumerate(people)
    ]
    later = PEOPLE[11]
    at = _tomorrow_at(maker, 10)
    orders.append(Order(later.number, f"Bonjour {later.first}, nous livrons votre colis ce matin.", planned_at=at))
    batch = [
        prepare_message(o, company=maker.company, routes=maker.routes, now=maker.now, limits=maker.limits)
        for o in orders
    ]
    await submit(maker.tx, batch, fingerprint=maker.platform.vault.fingerprint, now=maker.now)


async def _codes(maker: _Maker) -> None:
    """Ask for three codes: one is verified, one was typed wrongly, one is still awaited."""
    vault = maker.platform.vault
    codes = [
        await verifications.send_code(
            maker.tx,
            maker.company,
            maker.routes,
            PEOPLE[place].number,
            _CODE_SECONDS,
            vault=vault,
            randbelow=randbelow,
            now=maker.now,
            limits=maker.limits,
        )
        for place in (13, 15, 17)
    ]
    typed = (codes[0].code, f"{(int(codes[1].code) + 1) % 10 ** len(codes[1].code):0{len(codes[1].code)}}")
    for code, given in zip(codes, typed, strict=False):
        await verifications.check_code(maker.tx, maker.company, code.number, given, vault=vault, now=maker.now)


async def _campaigns(maker: _Maker) -> None:
    """Launch one campaign that ends in seconds and one that takes most of an hour; plan one, and leave one to be finished."""
    await _campaign(
        maker,
        Draft(
            "Ouverture dimanche",
            "Bonjour {prenom}, la boutique de {ville} ouvre ce dimanche de 10 h à 16 h. Venez nombreux !",
            lists=[_LOYAL],
            kind=Kind.TRANSACTIONAL,
        ),
    )
    await _campaign(
        maker,
        Draft(
            "Nouveaux horaires",
            "Bonjour {prenom}, notre boutique de {ville} est ouverte du lundi au samedi de 8 h à 19 h.",
            lists=[_DOUALA, _YAOUNDE],
            kind=Kind.TRANSACTIONAL,
            plan=Plan(per_minute=6),
        ),
    )
    sales = "{prenom|Cher client}, -20 % sur les chaussures jusqu'à samedi. {stop}"
    await _campaign(maker, Draft("Soldes", sales, lists=[_DOUALA], starts_at=_tomorrow_at(maker, 9)))
    text = "{prenom|Cher client}, la nouvelle collection arrive jeudi. {stop}"
    await draft.draft(
        maker.tx, maker.company, Draft("Nouvelle collection", text, lists=[_YAOUNDE], without=[_LOYAL]), now=maker.now
    )


async def _campaign(maker: _Maker, wanted: Draft) -> None:
    campaign_id = await draft.draft(maker.tx, maker.company, wanted, now=maker.now)
    await prepare_campaign(
        maker.tx,
        maker.company,
        campaign_id,
        routes=maker.routes,
        limits=maker.limits,
        links=links(maker.platform.settings),
    )
    await launch.launch(maker.tx, maker.company.id, campaign_id, now=maker.now)


def _tomorrow_at(maker: _Maker, hour: int) -> datetime:
    local = maker.now.astimezone(ZoneInfo(maker.company.timezone)) + timedelta(days=1)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)
