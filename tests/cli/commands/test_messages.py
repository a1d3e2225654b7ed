import asyncio
from datetime import timedelta

import pytest

from smsflow import testing
from smsflow.domain.message import OUTLIVED, PRESUMED, public_id
from smsflow.runtime import now, platform
from smsflow.settings import Settings
from tests.database import SECRET_KEY
from tests.dispatch.stage import a_message, accepted, execute


@pytest.fixture
def stage(smsflow, database_url, tmp_path):
    """Run `job(platform)` on the test's database."""

    def run(job):
        async def work():
            settings = Settings(data_dir=tmp_path, database_url=database_url, secret_key=SECRET_KEY)
            async with platform(settings, database_url) as here:
                return await job(here)

        return asyncio.run(work())

    return run


@pytest.fixture
def message(stage):
    """The public id of an SMS that waits."""

    async def job(here):
        company = await testing.a_company(here)
        connector = await testing.a_connector(here, "op")
        (one,) = await accepted(here, a_message(company, connector, number="+237690000001", text="Bonjour"))
        return public_id(one)

    return stage(job)


def test_a_message_is_shown_with_its_timeline_and_without_its_text(smsflow, message):
    shown = smsflow.json("message", "show", message)

    assert (shown["id"], shown["status"], shown["number"]) == (message, "received", "+237690000001")
    assert [e["event"] for e in shown["timeline"]] == ["accepted", "charged", "routed", "waiting"]
    assert "Bonjour" not in smsflow("message", "show", message)
    assert "to leave by op" in smsflow.out
    assert "Bonjour" in smsflow("message", "show", message, "--text")


def test_a_message_is_found_by_the_bare_number_of_its_id(smsflow, message):
    assert smsflow.json("message", "show", str(int(message[3:])))["id"] == message


def test_messages_are_listed_by_what_is_asked(smsflow, message):
    def ids(*options):
        return [m["id"] for m in smsflow.json("message", "list", *options)["messages"]]

    assert ids() == ids("--company", "boutique awa") == ids("--number", "+237 690 00 00 01") == [message]
    assert ids("--status", "received", "--since", "1h", "--company", "1") == [message]
    assert ids("--status", "delivered") == ids("--campaign", "7") == ids("--since", "2099-01-01") == []
    assert message in smsflow("message", "list")


@pytest.mark.parametrize(
    "arguments",
    [
        ["message", "show", "nonsense"],
        ["message", "list", "--number", "12"],
        ["message", "list", "--status", "lost"],
        ["message", "list", "--since", "yesterday"],
        ["message", "list", "--since", "999999d"],
        ["message", "cancel", "SMS0000001"],
    ],
)
def test_a_wrong_usage_of_messages_is_2(shell, arguments):
    shell(*arguments, code=2)


def test_a_cancelled_message_gives_its_credits_back(smsflow, message):
    before = smsflow.json("company", "show", "1")["balance"]

    shown = smsflow.json("message", "cancel", message, "--yes")

    assert shown["status"] == "cancelled"
    assert smsflow.json("company", "show", "1")["balance"] == before + 1
    assert [e["event"] for e in shown["timeline"]][-2:] == ["cancelled", "refunded"]
    smsflow("message", "cancel", message, "--yes", code=1)
    assert smsflow.json("ledger", "check")["holds"] is True


def test_a_message_that_was_cancelled_for_its_reader_says_so(smsflow, message):
    smsflow("optout", "add", "690000001", "--company", "1", "--scope", "all")

    shown = smsflow("message", "show", message)

    assert "the recipient has opted out" in shown
    assert "operator's status" not in shown


@pytest.mark.parametrize("error", [OUTLIVED, PRESUMED])
def test_words_of_ours_are_not_called_a_status_of_the_operator(smsflow, stage, message, error):
    async def end(here):
        await execute(here, "DELETE FROM queue")
        await execute(here, "UPDATE message SET status = 6, error = :error, done_at = now()", error=error)

    stage(end)

    shown = smsflow("message", "show", message)

    assert error in shown
    assert "operator's status" not in shown


def test_the_queue_shows_the_waiting_sms_and_why(smsflow, stage, message):
    async def plan(here):
        await accepted(here, a_message(1, 1, due_at=now() + timedelta(hours=1)))

    stage(plan)

    (lane,) = smsflow.json("queue", "show")["connectors"]
    assert (lane["connector"], lane["waiting"], lane["planned"], lane["held"]) == ("op", 1, 1, 0)
    assert lane["why"] == "no dispatcher is running; planned for later: 1"
    assert next(m["id"] for m in smsflow.json("queue", "show")["oldest"]) == message

    smsflow("connector", "disable", "op")
    assert "the connector is disabled" in smsflow("queue", "show", "--company", "1")


def test_the_queue_shows_the_sms_held_for_a_suspended_company(smsflow, message):
    assert "suspended; SMS held: 1." in smsflow("company", "suspend", "1")

    queue = smsflow.json("queue", "show")
    assert [(c["waiting"], c["held"]) for c in queue["connectors"]] == [(0, 1)]
    assert [(m["id"], m["held"]) for m in queue["oldest"]] == [(message, True)]
    assert smsflow.json("company", "resume", "1")["waiting"] == 1


def test_an_empty_queue_says_so(smsflow):
    assert smsflow("queue", "show") == "Nothing waits.\n"


def test_inbound_messages_are_listed(smsflow, stage):
    async def receive(here):
        await execute(
            here,
            "INSERT INTO inbound (connector_id, source, destination, data_coding, body, text, received_at) "
            "VALUES (1, '237690000001', '8000', 0, 'STOP', 'STOP', now())",
        )

    stage(receive)

    (one,) = smsflow.json("inbound", "list", "--since", "1h")["inbound"]
    assert (one["source"], one["destination"], one["text"]) == ("237690000001", "8000", "STOP")
    assert (one["parts"], one["total"]) == (1, 1)
    assert "STOP" in smsflow("inbound", "list")
