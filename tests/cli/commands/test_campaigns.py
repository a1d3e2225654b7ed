"""Campaigns by the command line, from the draft to the ledger; nothing is dispatched here."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from smsflow import runtime
from smsflow.store.postgres.transactions import libpq_url
from tests.crash.test_clock import a_clock_that_is_wrong_by


@pytest.fixture
def shop(smsflow):
    """A company with credits and a route, and a file of numbers."""
    smsflow("company", "add", "Boutique", "--country", "CM", "--credits", "50", "--sender", "AWA")
    smsflow(
        "connector", "add", "mtn", "--smpp", "127.0.0.1:1", "--system-id", "me", "--password-stdin", stdin="secret\n"
    )
    smsflow("route", "add", "--connector", "mtn")
    return smsflow


@pytest.fixture
def numbers(tmp_path):
    file = tmp_path / "numbers.txt"
    file.write_text("690000001\n+237690000002\n690000001\n\n")
    return str(file)


def test_a_campaign_is_drafted_prepared_and_launched(shop, numbers):
    made = shop.json("campaign", "draft", "Noël", "--company", "1", "--text", "Joyeux Noël", "--numbers", numbers)
    prepared = shop.json("campaign", "prepare", str(made["id"]))
    launched = shop.json("campaign", "launch", str(made["id"]))

    assert (made["state"], launched["state"], launched["credits_reserved"]) == ("draft", "running", 2)
    assert {name: prepared[name] for name in ("state", "recipients", "refused", "segments", "credits", "balance_after")} == {
        "state": "prepared", "recipients": 2, "refused": {}, "segments": 2, "credits": 2, "balance_after": 48,
    }  # fmt: skip
    assert prepared["by_operator"] == [{"operator": "mtn", "recipients": 2, "segments": 2, "credits": 2}]


def test_a_launch_that_cannot_be_paid_says_so_and_leaves_the_state(shop, numbers):
    shop("credit", "add", "1", "--note", "taken back", "--", "-49")
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "Joyeux Noël", "--numbers", numbers)
    shop("campaign", "prepare", "1")

    shop("campaign", "launch", "1", code=1)

    assert "2 credits are needed and 1 are left: 1 are missing." in shop.err
    assert shop.json("campaign", "show", "1")["state"] == "prepared"


TABLE = "Prénom;Tél\nAwa;690 00 00 01\nZoé;222200000 / 690000002\nNoël;+237690000001\n"


@pytest.mark.parametrize(
    ("written", "recipients"),
    [
        pytest.param(TABLE.encode("cp1252"), 2, id="one for each person of a table"),
        pytest.param(b"690000001,690000002\n690000003,690000004\n", 4, id="all of a file of numbers"),
        pytest.param("690\u00a000\u00a000\u00a001\r690000002\r".encode("utf-16"), 2, id="as people have them"),
        pytest.param(b"BEGIN:VCARD\nTEL;CELL:690000001\nTEL;HOME:222200000\nEND:VCARD\n", 1, id="an address book"),
    ],
)
def test_a_campaign_goes_to_the_numbers_of_a_file(shop, tmp_path, written, recipients):
    (tmp_path / "numbers.csv").write_bytes(written)

    shop("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", str(tmp_path / "numbers.csv"))

    assert shop.json("campaign", "prepare", "1")["recipients"] == recipients


def test_a_number_has_the_values_of_its_row_and_beside_them_those_of_its_contact(shop, tmp_path):
    (tmp_path / "known.csv").write_text("Tel;prenom;ville\n690000001;Awa;Douala\n690000002;Bob;Kribi\n")
    shop("contact", "import", str(tmp_path / "known.csv"), "--company", "1")
    (tmp_path / "numbers.csv").write_text("Tel;prenom\n690000001;Mama Awa\n690000002;\n690000003;Cyr\n")
    text = "Bonjour {prenom}, à {ville|chez vous}"
    shop("campaign", "draft", "Noël", "--company", "1", "--text", text, "--numbers", str(tmp_path / "numbers.csv"))
    shop("campaign", "duplicate", "1", "--name", "Nouvel an")

    for campaign in ("1", "2"):
        assert shop.json("campaign", "prepare", campaign)["refused"] == {}
        shop("campaign", "export", campaign, str(tmp_path / "result.csv"))
        rows = (tmp_path / "result.csv").read_text("utf-8-sig").splitlines()[1:]
        assert [row.split(";")[1:3] for row in rows] == [["Mama Awa", "Douala"], ["Bob", "Kribi"], ["Cyr", ""]]


def test_a_row_without_a_number_is_told_and_nothing_is_drafted(shop, tmp_path):
    (tmp_path / "numbers.csv").write_text("Tel\n690000001\n2,37691E+11\nabc\n222200000\n")

    shop(
        "campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", str(tmp_path / "numbers.csv"), code=1
    )

    assert "row 3 (2,37691E+11) is number_rounded, and 2 more rows are so" in shop.err
    assert shop.json("campaign", "list", "--company", "1")["campaigns"] == []


def test_a_time_zone_that_does_not_exist_is_refused_with_a_sentence(shop, numbers):
    draft = ("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)

    shop(*draft, "--at", "2026-12-01T09:00", "--timezone", "Mars/Olympus", code=2)

    assert "a time zone has a name such as Africa/Douala" in shop.err


def test_an_act_that_comes_too_early_says_what_comes_before_it(shop, numbers):
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)

    shop("campaign", "launch", "1", code=1)
    assert shop.err == "smsflow: The campaign is draft: to launch it, it has to be prepared.\n"
    shop("campaign", "adjust", "1", "--per-minute", "5", code=1)
    assert "to adjust it, it has to be scheduled or running or paused." in shop.err


def test_a_campaign_that_waits_for_its_hours_says_when_it_goes_on(shop, numbers):
    day = datetime.now(ZoneInfo("Africa/Douala")) + timedelta(days=2)
    draft = ("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)
    shop(*draft, "--days", f"{day:%a}".lower())
    shop("campaign", "prepare", "1")
    shop("campaign", "launch", "1")

    shown = shop.json("campaign", "show", "1")

    opens = datetime.fromisoformat(shown["waits_until"]).astimezone(day.tzinfo)
    assert (shown["state"], opens.date(), opens.hour) == ("running", day.date(), 6)
    assert "it goes on at" in shop("campaign", "show", "1") + shop.err


def test_a_second_campaign_of_a_name_is_refused(shop, numbers):
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)

    shop("campaign", "draft", "noël", "--company", "1", "--text", "x", "--numbers", numbers, code=1)

    assert "There is already a campaign noël" in shop.err


def test_a_cancelled_campaign_gives_its_reserve_back(shop, numbers):
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)
    shop("campaign", "prepare", "1")
    shop("campaign", "launch", "1")
    held, reserve = shop.json("company", "show", "1"), shop.json("credit", "list", "1")
    shop.json("campaign", "cancel", "1")

    shown, free = shop.json("campaign", "show", "1"), shop.json("credit", "list", "1")
    assert (shown["state"], shown["credits_reserved"]) == ("cancelled", 0)
    cost = shown["segments"]
    assert (held["reserved"], held["available"]) == (cost, held["balance"] - cost)
    assert [
        (m["reason"], m["reserved"], m["campaign_id"]) for m in (reserve["movements"][0], free["movements"][0])
    ] == [
        ("reserve", cost, 1),
        ("release", -cost, 1),
    ]
    assert (free["reserved"], free["available"]) == (0, held["balance"])
    shop("ledger", "check")


@pytest.mark.parametrize("hours", [60, -60])
def test_commands_go_by_the_databases_time_whatever_the_clock_of_their_machine(
    shop, numbers, database_url, monkeypatch, hours
):
    wrong = a_clock_that_is_wrong_by(timedelta(hours=hours))
    monkeypatch.setattr(runtime, "datetime", wrong)
    with psycopg.connect(libpq_url(database_url)) as connection:
        (tomorrow,) = connection.execute("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD')").fetchone()
    draft = ("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)
    shop(*draft, "--at", f"{tomorrow}T23:00")
    shop("campaign", "prepare", "1")

    launched = shop.json("campaign", "launch", "1")

    with psycopg.connect(libpq_url(database_url)) as connection:
        (off,) = connection.execute(
            "SELECT extract(epoch FROM created_at - now()) FROM ledger WHERE reason = 'reserve'"
        ).fetchone()
    assert launched["state"] == "scheduled"
    assert abs(off) < 600


def test_a_campaign_is_submitted_sent_back_and_approved(shop, numbers):
    shop("company", "set", "1", "--approval")
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "x", "--numbers", numbers)
    shop("campaign", "prepare", "1")

    submitted = shop.json("campaign", "submit", "1")
    back = shop.json("campaign", "send-back", "1", "--reason", "Trop court")
    shop("campaign", "submit", "1")
    approved = shop.json("campaign", "approve", "1")

    assert (submitted["state"], back["state"], back["why"]) == ("approval", "prepared", "Trop court")
    assert (approved["state"], approved["credits_reserved"]) == ("running", 2)


@pytest.fixture
def noel(shop, numbers):
    """A prepared campaign."""
    shop("campaign", "draft", "Noël", "--company", "1", "--text", "Joyeux Noël", "--numbers", numbers)
    shop("campaign", "prepare", "1")
    return shop


def test_a_text_is_tried_on_a_few_handsets_before(noel):
    tried = noel.json("campaign", "test", "1", "690999998", "690999999")

    assert (tried["credits"], [m["number"] for m in tried["messages"]]) == (2, ["+237690999998", "+237690999999"])
    assert noel.json("campaign", "show", "1")["state"] == "prepared"


def test_a_launched_campaign_gets_another_pace(noel):
    noel("campaign", "adjust", "1", "--per-minute", "10", code=1)
    noel("campaign", "launch", "1")

    plan = noel.json(
        "campaign", "adjust", "1", "--per-minute", "10", "--over-hours", "2", "--hours", "08-20", "--days", "mon-fri"
    )["plan"]
    back = noel.json("campaign", "adjust", "1", "--per-minute", "none", "--hours", "none")["plan"]

    assert (plan["per_minute"], plan["over_hours"], plan["start"], plan["end"]) == (10, 2.0, 480, 1200)
    assert plan["days"] == [0, 1, 2, 3, 4]
    assert (back["per_minute"], back["over_hours"], back["start"], back["end"]) == (None, 2.0, 0, 1440)


def test_a_result_is_written_into_a_file(noel, tmp_path):
    file = tmp_path / "result.csv"

    written = noel.json("campaign", "export", "1", str(file))
    noel("campaign", "export", "1", str(file), "--format", "xlsx", code=2)

    assert (written["recipients"], len(file.read_text("utf-8-sig").splitlines())) == (2, 3)


def test_a_campaign_is_duplicated_and_one_without_failures_is_not_repeated(noel):
    noel("campaign", "cancel", "1", "--yes")

    noel("campaign", "retry", "1", "--yes", code=1)
    made = noel.json("campaign", "duplicate", "1")

    assert (made["id"], made["name"], made["state"]) == (2, "Noël 2", "draft")
    listed = noel.json("campaign", "list", "--company", "1")["campaigns"]
    assert [(c["id"], c["kind"], c["state"]) for c in listed] == [
        (2, "marketing", "draft"),
        (1, "marketing", "cancelled"),
    ]


def test_those_whose_sms_failed_for_a_reason_that_may_pass_get_a_campaign_of_their_own(noel, database_url):
    noel("campaign", "launch", "1")
    noel("campaign", "cancel", "1", "--yes")
    with psycopg.connect(libpq_url(database_url)) as database:
        database.execute(
            "INSERT INTO message (id, company_id, connector_id, campaign_id, created_at, valid_until, kind, status, segments, charged,"
            " sealed, number, country, sender, text, error) SELECT place, 1, 1, 1, now(), now(), 2, 4, 1, 1, false, number, country,"
            " 'AWA', 'x', CASE place WHEN 1 THEN 'UNDELIV 027' ELSE 'UNDELIV 001' END FROM campaign_recipient"
        )
        database.execute("UPDATE campaign_recipient SET message_id = place")
        database.execute("INSERT INTO failure_tally VALUES (1, 1, 4, 'UNDELIV 027', 1), (1, 1, 4, 'UNDELIV 001', 1)")

    made = noel.json("campaign", "retry", "1", "--name", "Encore")

    assert (made["name"], made["retry_of"], made["split"]["failed"], made["split"]["again"]) == ("Encore", 1, 2, 1)
    assert noel.json("campaign", "prepare", str(made["id"]))["recipients"] == 1


def test_a_result_has_the_published_fields_for_names_too(noel):
    noel("campaign", "add", "1", "Alertes")
    fields = {
        "id", "name", "state", "why", "recipients", "accepted", "sent", "delivered", "failed", "expired", "unknown",
        "cancelled", "refused", "credits_reserved", "credits_used", "credits_returned", "opt_outs", "replies",
        "by_operator", "by_hour",
    }  # fmt: skip

    for campaign, name in (("1", "Noël"), ("2", "Alertes")):
        shown = noel.json("campaign", "show", campaign)
        assert (shown["name"], fields - shown.keys()) == (name, set())
        assert name in noel("campaign", "show", campaign)


def test_a_name_for_a_company_that_does_not_exist_is_refused(shop):
    shop("campaign", "add", "99", "Alertes", code=1)

    assert shop.json("campaign", "list", "--company", "1")["campaigns"] == []
