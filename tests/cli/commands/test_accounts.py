import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from smsflow.runtime import now
from smsflow.services.accounts import invitations, resets
from smsflow.services.accounts.passwords import is_password
from smsflow.services.accounts.tokens import digest
from smsflow.store.accounts import tokens, users
from smsflow.store.campaigns import names
from smsflow.store.postgres.transactions import Database


def read(smsflow, job):
    async def work():
        database = Database(smsflow.environment["SMSFLOW_DATABASE_URL"], pool=1)
        try:
            async with database.transaction() as tx:
                return await job(tx)
        finally:
            await database.close()

    return asyncio.run(work())


def a_company(smsflow, *options):
    return smsflow.json("company", "add", "Boutique Awa", *options)


def test_a_company_begins_with_its_credits_and_sender(smsflow):
    company = a_company(
        smsflow, "--credits", "50", "--sender", "AWA", "--country", "ga", "--timezone", "Africa/Libreville"
    )

    assert (company["name"], company["country"], company["timezone"]) == ("Boutique Awa", "GA", "Africa/Libreville")
    assert (company["balance"], company["default_sender"]) == (50, "AWA")


def test_companies_are_listed_and_shown(smsflow):
    a_company(smsflow, "--credits", "50", "--sender", "AWA")

    assert [c["id"] for c in smsflow.json("company", "list")["companies"]] == [1]
    assert "Boutique Awa" in smsflow("company", "list")
    assert "AWA (approved, default)" in smsflow("company", "show", "1")
    assert smsflow.json("company", "show", "1")["balance"] == 50


def test_the_statement_of_a_month_adds_up(smsflow):
    a_company(smsflow, "--credits", "50")
    smsflow("credit", "add", "1", "7", "--note", "reçu 17")

    shown = smsflow.json("credit", "statement", "1")
    before = smsflow.json("credit", "statement", "1", "--month", "2020-01")

    assert (shown["opening"], shown["bought"], shown["closing"]) == (0, 57, 57)
    assert [(m["cause"], m["credits"], m["note"]) for m in shown["movements"]] == [
        ("credit", 50, "ouverture"),
        ("credit", 7, "reçu 17"),
    ]
    assert (before["closing"], before["movements"]) == (0, [])
    assert "reçu 17" in smsflow("credit", "statement", "1")


def test_no_company_is_an_empty_list(smsflow):
    assert smsflow.json("company", "list")["companies"] == []
    assert "smsflow company add" in smsflow("company", "list")


def test_names_that_look_like_markup_are_printed_as_they_are(smsflow):
    smsflow("company", "add", "[bold]Awa[/bold]")

    assert "[bold]Awa[/bold]" in smsflow("company", "list")


def test_a_company_is_suspended_and_resumed(smsflow):
    a_company(smsflow)

    assert smsflow.json("company", "suspend", "1")["suspended"] is True
    assert smsflow.json("company", "resume", "1")["suspended"] is False


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        (["--send-rate", "10"], "send_rate", 10),
        (["--send-rate", "none"], "send_rate", None),
        (["--countries", "ga, CM"], "countries", ["CM", "GA"]),
        (["--countries", "none"], "countries", []),
        (["--any-number"], "mobile_only", False),
        (["--mobile-only"], "mobile_only", True),
        (["--resend", "at-least-once"], "resend", "at_least_once"),
        (["--resend", "at-most-once"], "resend", "at_most_once"),
        (["--resend", "none"], "resend", None),
        (["--code-template", "{code} pour {company}"], "code_template", "{code} pour {company}"),
        (["--code-template", "none"], "code_template", None),
        (["--code-every", "60"], "code_every_seconds", 60),
        (["--code-per-hour", "3"], "code_per_hour", 3),
    ],
)
def test_each_rule_of_a_company_can_be_changed(smsflow, options, field, value):
    a_company(smsflow)

    assert smsflow.json("company", "set", "1", *options)[field] == value


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["company", "add", "X", "--country", "ZZ"], "two letters"),
        (["company", "add", "X", "--timezone", "Mars/Base"], "Africa/Douala"),
        (["company", "add", "X", "--credits", "-1"], "--credits"),
        (["company", "add", " "], "name"),
        (["company", "add", "X", "--sender", "far too long a name"], "sender"),
        (["company", "set", "1"], "say what to change"),
        (["company", "set", "1", "--code-template", "no code"], "{code}"),
        (["company", "set", "1", "--countries", "CM,ZZ"], "--countries"),
        (["company", "set", "1", "--send-rate", "0"], "whole number"),
        (["company", "set", "1", "--texts-kept", "0"], "whole number"),
        (["company", "set", "1", "--texts-kept", "30"], "confirm it with --yes"),
        (["company", "show", "0"], "COMPANY"),
        (["company", "show", str(2**63)], "COMPANY"),
        (["credit", "add", "1", "0", "--note", "x"], "zero"),
        (["credit", "add", "1", "5"], "--note"),
        (["credit", "statement", "1", "--month", "nov"], "2026-11"),
        (["sender", "add", "1", "@"], "sender"),
        (["compny", "list"], "Did you mean 'company'?"),
    ],
)
def test_a_wrong_usage_is_2_and_says_which(shell, arguments, says):
    shell(*arguments, code=2)

    assert says in shell.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["company", "show", "9"], "There is no company 9."),
        (["company", "suspend", "9"], "There is no company 9."),
        (["company", "set", "9", "--any-number"], "There is no company 9."),
        (["user", "add", "awa", "--company", "9"], "There is no company 9."),
        (["user", "password", "awa"], "There is no user awa."),
        (["credit", "add", "9", "5", "--note", "x"], "There is no company 9."),
        (["sender", "add", "9", "AWA"], "There is no company 9."),
        (["campaign", "add", "9", "Noël"], "There is no company 9."),
    ],
)
def test_a_missing_row_is_one_sentence_and_1(smsflow, arguments, sentence):
    smsflow(*arguments, code=1)

    assert smsflow.err == f"smsflow: {sentence}\n"
    assert smsflow.out == ""


def test_the_text_of_a_code_that_is_too_long_to_be_sent_is_refused(smsflow):
    a_company(smsflow)
    repeated = "{company}" * 8 + "{code}"
    smsflow("company", "set", "1", "--code-template", repeated)

    smsflow("company", "set", "1", "--code-template", "{code}" + "x" * 2000, code=1)
    assert smsflow.err == "smsflow: code_template has 14 segments; the limit is 10.\n"
    smsflow("company", "set", "1", "--name", "x" * 200, code=1)
    assert smsflow.err == "smsflow: code_template has 11 segments; the limit is 10.\n"
    assert smsflow.json("company", "show", "1")["code_template"] == repeated


def test_a_user_has_a_made_password_that_is_printed_once(smsflow):
    a_company(smsflow)

    user = smsflow.json("user", "add", "awa", "--company", "1", "--admin")

    login = read(smsflow, lambda tx: users.login(tx, "awa"))
    assert is_password(login.password_hash, user["password"])
    assert login.user.is_admin


def test_a_password_from_standard_input_is_not_printed(smsflow):
    a_company(smsflow)

    out = smsflow("user", "add", "awa", "--company", "1", "--password-stdin", "--json", stdin="ndolè-2026\n")

    assert "ndolè" not in out
    assert is_password(read(smsflow, lambda tx: users.login(tx, "awa")).password_hash, "ndolè-2026")


def test_a_short_password_is_refused(shell):
    shell("user", "add", "awa", "--company", "1", "--password-stdin", stdin="short\n", code=2)
    shell("user", "add", "awa", "--company", "1", "--password-stdin", stdin="", code=2)


def test_a_username_is_one_persons(smsflow):
    a_company(smsflow)
    smsflow("user", "add", "awa", "--company", "1")

    smsflow("user", "add", "AWA", "--company", "1", code=1)

    assert smsflow.err == "smsflow: There is already a user AWA.\n"


def test_a_new_password_replaces_the_old_one(smsflow):
    a_company(smsflow)
    first = smsflow.json("user", "add", "awa", "--company", "1")["password"]

    second = smsflow.json("user", "password", "awa")["password"]

    login = read(smsflow, lambda tx: users.login(tx, "awa"))
    assert is_password(login.password_hash, second)
    assert not is_password(login.password_hash, first)


def test_credits_are_added_and_taken_back_but_not_below_zero(smsflow):
    a_company(smsflow)

    assert smsflow.json("credit", "add", "1", "100", "--note", "invoice 7")["balance"] == 100
    assert smsflow.json("credit", "add", "1", "-40", "--note", "returned")["balance"] == 60
    smsflow("credit", "add", "1", "-61", "--note", "too much", code=1)
    assert "credits that are left" in smsflow.err
    assert smsflow.json("ledger", "check")["holds"] is True


def test_a_default_sender_takes_the_place_of_the_one_before(smsflow):
    a_company(smsflow, "--sender", "AWA")

    smsflow("sender", "add", "1", "NEWS", "--default")
    smsflow("sender", "add", "1", "LATER", "--state", "pending")

    company = smsflow.json("company", "show", "1")
    assert company["default_sender"] == "NEWS"
    assert [(s["name"], s["state"]) for s in company["senders"]] == [
        ("AWA", "approved"),
        ("NEWS", "approved"),
        ("LATER", "pending"),
    ]


def test_a_campaign_belongs_to_its_company(smsflow):
    a_company(smsflow)

    campaign = smsflow.json("campaign", "add", "1", "Noël")

    assert read(smsflow, lambda tx: names.campaign_kind(tx, 1, campaign["id"]))


async def give_a_token(tx):
    login = await users.login(tx, "awa")
    await tokens.add_token(tx, digest("a token"), login.user, now=now(), expires_at=now() + timedelta(hours=1))


def test_a_token_is_revoked_by_standard_input(smsflow):
    a_company(smsflow)
    smsflow("user", "add", "awa", "--company", "1")
    read(smsflow, give_a_token)

    assert smsflow.json("token", "revoke", stdin="a token\n") == {"revoked": True}
    smsflow("token", "revoke", stdin="a token\n", code=1)
    assert smsflow.err == "smsflow: There is no such token.\n"


def test_users_are_listed_disabled_and_enabled(smsflow):
    a_company(smsflow)
    smsflow("user", "add", "awa", "--company", "1", "--admin")
    smsflow("company", "add", "Other")
    smsflow("user", "add", "eto", "--company", "Other")

    assert [u["username"] for u in smsflow.json("user", "list")["users"]] == ["awa", "eto"]
    assert [u["username"] for u in smsflow.json("user", "list", "--company", "Other")["users"]] == ["eto"]
    assert smsflow.json("user", "disable", "awa")["disabled"] is True
    assert "disabled" in smsflow("user", "list")
    assert smsflow.json("user", "enable", "awa")["disabled"] is False


def test_a_disabled_users_tokens_have_ended(smsflow):
    a_company(smsflow)
    smsflow("user", "add", "awa", "--company", "1")
    read(smsflow, give_a_token)
    (token,) = smsflow.json("token", "list", "--company", "1")["tokens"]

    smsflow("user", "disable", "awa")

    assert (token["username"], token["fingerprint"]) == ("awa", digest("a token").hex()[:12])
    assert smsflow.json("token", "list")["tokens"] == []


def test_senders_and_campaigns_are_listed(smsflow):
    a_company(smsflow, "--sender", "AWA")
    smsflow("campaign", "add", "1", "Noël")

    (sender,) = smsflow.json("sender", "list")["senders"]
    assert (sender["name"], sender["company"], sender["is_default"]) == ("AWA", "Boutique Awa", True)
    assert [c["name"] for c in smsflow.json("campaign", "list", "--company", "1")["campaigns"]] == ["Noël"]
    assert "Noël" in smsflow("campaign", "list", "--company", "Boutique Awa")


def test_the_movements_of_credits_are_listed_with_their_cause(smsflow):
    a_company(smsflow, "--credits", "50")
    smsflow("credit", "add", "1", "-8", "--note", "returned")

    listed = smsflow.json("credit", "list", "1")

    assert listed["balance"] == 42
    assert [(m["amount"], m["reason"], m["note"]) for m in listed["movements"]] == [
        (-8, "credit", "returned"),
        (50, "credit", "ouverture"),
    ]
    assert (listed["reserved"], listed["available"]) == (0, 42)
    assert "Company 1 has 42 credits." in smsflow("credit", "list", "boutique awa", "--limit", "1")


def test_a_company_is_named_where_only_one_has_the_name(smsflow):
    a_company(smsflow)
    smsflow("company", "add", "7")
    smsflow("company", "add", "Twin")
    smsflow("company", "add", "twin")

    assert smsflow.json("company", "show", "BOUTIQUE AWA")["id"] == 1
    assert smsflow.json("company", "show", "7")["id"] == 2
    assert smsflow.json("company", "show", "2")["name"] == "7"
    smsflow("credit", "add", "Twin", "5", "--note", "x", code=1)
    assert smsflow.err == "smsflow: Several have the name Twin: say which company by its id (3, 4).\n"


def test_a_company_gets_another_name(smsflow):
    a_company(smsflow)

    assert smsflow.json("company", "set", "1", "--name", "Chez Awa")["name"] == "Chez Awa"


def test_the_version_is_printed(shell):
    assert shell("--version").startswith("smsflow 2.")


@pytest.mark.processes
@pytest.mark.parametrize(("typed", "offered"), [("smsflow comp", "company"), ("smsflow company su", "suspend")])
def test_a_shell_completes_commands(typed, offered):
    words = {"_SMSFLOW_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    command = Path(sys.executable).with_name("smsflow")

    shown = subprocess.run(
        [command], env={**os.environ, **words}, capture_output=True, text=True, timeout=60, check=False
    )

    assert shown.stdout.split() == [offered]


def test_a_link_invites_into_a_company_and_another_leads_to_a_new_password(smsflow):
    a_company(smsflow)
    smsflow.json("user", "add", "awa", "--company", "1")
    invited = smsflow.json("user", "invite", "1", "--role", "accountant")["link"].removeprefix("/invitations/")
    reset = smsflow.json("user", "reset", "awa")["link"].removeprefix("/reset/")

    found, company = read(smsflow, lambda tx: invitations.find(tx, invited, now=now()))
    assert (found.role, company.name) == ("accountant", "Boutique Awa")
    assert read(smsflow, lambda tx: resets.find(tx, reset, now=now())).person.username == "awa"
