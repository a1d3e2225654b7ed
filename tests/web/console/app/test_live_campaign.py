"""A launched campaign in the console: its figures, its file, another pace, and writing again."""

import re
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import PRESUMED, Kind, Status
from smsflow.domain.schedule import Plan
from smsflow.services.campaigns import draft, run
from smsflow.services.campaigns.failures import Why
from smsflow.services.messages import closing
from smsflow.services.messages.closing import End
from smsflow.store.postgres.transactions import text
from smsflow.web.console.app.campaigns.live import in_words
from smsflow.web.console.shell.locale import french
from smsflow.web.console.shell.results import RESULTS

FR = {"Accept_Language": "fr"}
FAILED = {
    "+237690000001": (Status.FAILED, "UNDELIV 006"),
    "+237690000002": (Status.FAILED, "ESME_RINVDSTADR"),
    "+237690000003": (Status.DELIVERED, None),
}


@pytest.fixture
def ended(site, a_campaign):
    """Give a company a campaign whose SMS have ended: `await ended(company)` returns its id."""

    async def end(company, *, batch=100):
        campaign_id = await a_campaign(company, *FAILED, launched=True)
        routing = await site.platform.directory.routing()
        async with site.platform.database.transaction() as tx:
            await run.run_batch(
                tx,
                company,
                campaign_id,
                routes=routing.table,
                policies={},
                room={c.id: 100 for c in routing.connectors},
                validity=timedelta(hours=1),
                fingerprint=site.platform.vault.fingerprint,
                now=site.clock(),
                batch=batch,
                links=None,
            )
            ids = dict(list(await tx.execute(text("SELECT number, id FROM message"))))
            ends = [End(ids[n], *FAILED[n], not_taken=False) for n in FAILED if n in ids]
            await closing.close(tx, ends, now=site.clock())
        return campaign_id

    return end


def test_every_word_of_a_file_has_its_french():
    assert set(RESULTS.values()) <= set(french())


async def test_the_page_says_what_became_of_every_sms_and_why_some_failed(signed_in, ended):
    browser, company = await signed_in("reader")
    campaign_id = await ended(company)

    page = (await browser.get(f"/app/campaigns/{campaign_id}", **FR)).text

    assert "3 SMS remis sur 3" in page
    assert "Livrés <b>1</b>" in page
    assert "Échecs <b>2</b>" in page
    assert "1 livrés, 0 en attente d’accusé, 2 échecs, 0 à venir" in page
    assert re.search(r"Téléphone éteint ou hors réseau.*Passager\u202f: pourra être renvoyé", page)
    assert re.search(r"Numéro refusé par l’opérateur.*Définitif", page)
    assert "Désinscriptions causées" in page
    assert 'href="/app/campaigns/1/again"' not in page


async def test_the_page_says_that_reasons_are_still_to_be_counted_after_an_upgrade(site, signed_in, ended):
    browser, company = await signed_in("reader")
    campaign_id = await ended(company)
    async with site.platform.database.transaction() as tx:
        await tx.execute(text("INSERT INTO failure_recount VALUES (0, 0, now())"))

    page = (await browser.get(f"/app/campaigns/{campaign_id}", **FR)).text

    assert "2 échecs, et pourquoi" in page
    assert "elles seront là dans un quart d’heure" in page


async def test_a_campaign_that_runs_has_a_curve_with_its_table(site, signed_in, ended):
    browser, company = await signed_in("marketing")
    campaign_id = await ended(company, batch=1)
    async with site.platform.database.transaction() as tx:
        earlier = text(
            "INSERT INTO campaign_minute SELECT company_id, campaign_id, minute - interval '2 minutes', 7 FROM campaign_minute"
        )
        await tx.execute(earlier)

    page = (await browser.get(f"/app/campaigns/{campaign_id}", **FR)).text

    assert "<title>SMS acceptés par minute</title><desc>7 SMS acceptés du" in page
    assert "Voir les chiffres par minute" in page
    assert "À venir <b>2</b>" in page


async def test_the_result_is_a_file_in_the_readers_language(signed_in, ended):
    browser, company = await signed_in("marketing")
    campaign_id = await ended(company)

    answer = await browser.get(f"/app/export/campaign?campaign={campaign_id}", **FR)
    sheet = await browser.get(f"/app/export/campaign?campaign={campaign_id}&format=xlsx")

    assert answer.headers["content-disposition"] == f'attachment; filename="campaign-{campaign_id}.csv"'
    heading, first, *_ = answer.content.decode("utf-8-sig").splitlines()
    assert heading == "Numéro;État;Raison;Segments;Envoyé;Terminé"
    assert "Échoué;Téléphone éteint ou hors réseau (UNDELIV 006)" in first
    assert sheet.content.startswith(b"PK")


async def test_the_split_is_shown_before_those_who_may_be_reached_are_written_to_again(
    site, signed_in, ended, state_of
):
    browser, company = await signed_in("marketing")
    campaign_id = await ended(company)

    page = await browser.get(f"/app/campaigns/{campaign_id}/again", **FR)
    answer = await browser.post(f"/app/campaigns/{campaign_id}/again", {})

    assert "Préparer un renvoi à 1 numéro" in page.text
    assert "Non, l’échec est définitif" in page.text
    made = int(answer.headers["location"].rsplit("/", 1)[1])
    assert await state_of(company, made) == "prepared"
    assert "Envoyer 1 SMS pour 1 crédit" in (await browser.get(f"/app/campaigns/{made}", **FR)).text
    edited = await browser.get(f"/app/campaigns/{made}/edit", **FR)
    assert "dont l’échec était passager" in edited.text


async def test_speed_and_hours_change_while_it_runs(site, signed_in, a_campaign):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)
    await browser.get(f"/app/campaigns/{campaign_id}/pace")

    wrong = await browser.post(
        f"/app/campaigns/{campaign_id}/pace", {"per_minute": "vite", "over_hours": "-1", "hours": "x"}, **FR
    )
    answer = await browser.post(
        f"/app/campaigns/{campaign_id}/pace", {"per_minute": "60", "over_hours": "2,5", "hours": "08-20"}
    )

    assert wrong.status_code == 422
    assert all(f'id="e-{name}"' in wrong.text for name in ("per_minute", "over_hours", "hours"))
    assert answer.headers["location"] == f"/app/campaigns/{campaign_id}?done=pace"
    async with site.platform.database.autocommit() as tx:
        plan = Plan.read((await draft.show(tx, company.id, campaign_id)).plan)
    assert (plan.per_minute, plan.over_hours, plan.start, plan.end) == (60, 2.5, 480, 1200)


async def test_a_campaign_is_duplicated_into_a_draft(signed_in, a_campaign, state_of):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)
    await browser.get(f"/app/campaigns/{campaign_id}")

    answer = await browser.post(f"/app/campaigns/{campaign_id}", {"act": "duplicate"})

    page = await browser.get(answer.headers["location"], **FR)
    assert page.status_code == 200
    assert 'value="Soldes 2"' in page.text
    assert await state_of(company, campaign_id) == "running"


async def test_hours_that_are_never_allowed_are_told_at_the_field(signed_in, a_campaign):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, launched=True)
    await browser.get(f"/app/campaigns/{campaign_id}/pace")

    page = await browser.post(f"/app/campaigns/{campaign_id}/pace", {"hours": "22-23"}, **FR)

    assert page.status_code == 422
    assert "la publicité est autorisée de 06:00-22:00. Choisissez" in page.text


async def test_hours_are_not_asked_for_a_service_campaign(signed_in, a_campaign):
    browser, company = await signed_in("marketing")
    campaign_id = await a_campaign(company, kind=Kind.TRANSACTIONAL, launched=True)

    page = await browser.get(f"/app/campaigns/{campaign_id}/pace", **FR)

    assert ('id="f-hours"' in page.text, "Les SMS de service partent à toute heure" in page.text) == (False, True)


@pytest.mark.parametrize("address", ["campaigns/{}/again", "export/campaign?campaign={}", "campaigns/{}/pace"])
async def test_the_pages_of_another_companys_campaign_do_not_exist(site, signed_in, ended, address):
    other = await testing.a_company(site.platform, name="Autre")
    campaign_id = await ended(other)
    browser, _ = await signed_in("admin")

    assert (await browser.get(f"/app/{address.format(campaign_id)}")).status_code == 404


def test_a_reason_that_operators_call_by_several_words_is_one():
    reasons = [Why("UNDELIV 013", passes=False, recipients=3), Why("UNDELIV 001", passes=False, recipients=2)]
    reasons += [Why("EXPIRED 001", passes=False, recipients=2), Why(PRESUMED, passes=False, recipients=1)]

    assert list(in_words(reasons).items()) == [
        (("Number not in service", "Permanent: to correct or to remove"), 4),
        (("SMS barred on this line", "Permanent: to correct or to remove"), 3),
        (("No receipt before the validity ended", "It may have arrived: not sent again"), 1),
    ]
