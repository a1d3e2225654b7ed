import inspect
import string
from datetime import UTC, datetime

import pytest

from smsflow import errors
from smsflow.domain.message import Status
from smsflow.domain.verification import CodeState
from smsflow.web.api_v2 import sentences, wire
from smsflow.web.http.errors import DoorError

# Refused to those who run the platform, never at this door.
ELSEWHERE = {
    "refused",
    "already_exists",
    "already_left",
    "ambiguous",
    "approval_needed",
    "hours_never_open",
    "in_use",
    "list_gone",
    "own_campaign",
    "state_refused",
    "stop_missing",
}
REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.Refused) and kind.code not in ELSEWHERE
]


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.code)
def test_every_refusal_has_a_french_sentence_made_of_what_the_refusal_tells(kind):
    details = {name: "x" for _, name, _, _ in string.Formatter().parse(kind.__doc__) if name}
    if kind is errors.NotFound:
        details["what"] = "sms"

    sentence = sentences.sentence(kind(**details))

    assert "{" not in sentence
    assert sentence not in {kind.__doc__, sentences.REFUSED}


def test_a_refusal_that_this_door_does_not_know_is_still_french():
    assert sentences.sentence(errors.AlreadyExists(what="user", name="x")) == "La requête est refusée."


def test_every_status_has_its_name():
    assert list(wire.STATUS_NAMES) == list(Status)
    assert list(wire.CODE_STATE_NAMES) == list(CodeState)


@pytest.mark.parametrize(
    ("timezone", "written"),
    [
        ("Africa/Douala", "01-01-2026 00:30:00"),
        ("UTC", "31-12-2025 23:30:00"),
        ("Europe/Paris", "01-01-2026 00:30:00"),
        ("Indian/Antananarivo", "01-01-2026 02:30:00"),
    ],
)
def test_a_date_is_written_in_the_companys_time_zone(timezone, written):
    assert wire.date(datetime(2025, 12, 31, 23, 30, tzinfo=UTC), timezone) == written


def test_a_sentence_repeats_no_more_than_a_line_of_what_was_sent():
    sentence = sentences.sentence(errors.SenderNotAllowed(sender="x" * 100_000))

    assert len(sentence) < 250


def test_accents_leave_as_utf8():
    assert wire.error(400, "Échoué") == b'{"code":400,"message":"\xc3\x89chou\xc3\xa9"}'


def test_that_nothing_was_charged_is_said_only_of_what_had_not_begun():
    refused, begun = (sentences.failure_sentence(DoorError(503, "POST", begun=begun)) for begun in (False, True))

    assert "rien n'est débité" in refused
    assert "rien n'est débité" not in begun
    assert "vérifiez" in begun
