"""Failures that may pass, and those that stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.failures import (
    FINAL_STATES,
    PASSING_STATES,
    PASSING_STATUSES,
    Failure,
    counted,
    may_arrive,
    meaning,
    nature,
)
from smsflow.domain.message import PRESUMED, Status
from smsflow.smpp import spec


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (Status.FAILED, "ESME_RMSGQFUL", Failure.PASSING),
        (Status.FAILED, "ESME_RTHROTTLED", Failure.PASSING),
        (Status.FAILED, "ESME_RX_T_APPN", Failure.PASSING),
        (Status.FAILED, "ESME_RX_P_APPN", Failure.FINAL),
        (Status.FAILED, "ESME_RINVDSTADR", Failure.FINAL),
        (Status.FAILED, "ESME_RINVSRCADR", Failure.FINAL),
        (Status.FAILED, "0x00000400", Failure.FINAL),
        (Status.FAILED, "UNDELIV", Failure.PASSING),
        (Status.FAILED, "UNDELIV 000", Failure.PASSING),
        (Status.FAILED, "UNDELIV 001", Failure.FINAL),
        (Status.FAILED, "UNDELIV 27", Failure.PASSING),
        (Status.FAILED, "UNDELIV 011", Failure.FINAL),
        (Status.FAILED, "UNDELIV abc", Failure.PASSING),
        (Status.FAILED, "undeliv 1", Failure.FINAL),
        (Status.FAILED, "REJECTD 027", Failure.FINAL),
        (Status.FAILED, "DELETED", Failure.FINAL),
        (Status.EXPIRED, "EXPIRED", Failure.PASSING),
        (Status.EXPIRED, "EXPIRED 001", Failure.FINAL),
        (Status.EXPIRED, None, Failure.PASSING),
        (Status.EXPIRED, "validity ended", Failure.PASSING),
        (Status.FAILED, None, Failure.FINAL),
        (Status.FAILED, "", Failure.FINAL),
        (Status.FAILED, "NEWSTATE 7", Failure.FINAL),
    ],
)
def test_a_failure_passes_or_stays(status, error, expected):
    assert nature(status, error) is expected


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.FAILED, Status.EXPIRED}))
def test_a_message_that_has_not_failed_has_no_failure(status):
    assert nature(status, "UNDELIV 001") is None


def test_the_statuses_are_those_of_the_specification():
    assert set(spec.STATUS_NAMES.values()) >= PASSING_STATUSES
    assert {name for code, name in spec.STATUS_NAMES.items() if spec.is_temporary(code)} <= PASSING_STATUSES
    assert not PASSING_STATES & FINAL_STATES


def test_an_err_can_be_said_in_words():
    assert meaning("UNDELIV 027") == "absent subscriber"
    assert meaning("UNDELIV 001") == "unknown subscriber"
    assert meaning("UNDELIV 999") is None
    assert meaning("") is None


@given(st.sampled_from([Status.FAILED, Status.EXPIRED]), st.text())
def test_every_error_has_a_nature(status, error):
    assert nature(status, error) in set(Failure)


def test_an_end_that_is_only_presumed_is_not_sent_again():
    assert may_arrive(Status.EXPIRED, "EXPIRED 000")
    assert may_arrive(Status.EXPIRED, None)
    assert not may_arrive(Status.EXPIRED, PRESUMED)
    assert not may_arrive(Status.FAILED, "UNDELIV 001")
    assert not may_arrive(Status.DELIVERED, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("ESME_RMSGQFUL", "ESME_RMSGQFUL"),
        (PRESUMED, PRESUMED),
        (None, ""),
        ("UNDELIV 006", "UNDELIV 006"),
        ("UNDELIV 6", "UNDELIV 006"),
        ("UNDELIV 1000", "UNDELIV"),
        ("UNDELIV 40:99:17", "UNDELIV"),
        ("0x00000451", "0x00000451"),
        ("0x00012345", "0x"),
    ],
)
def test_what_operators_make_up_is_counted_by_few_reasons(error, reason):
    assert counted(error) == reason


@given(
    st.sampled_from([Status.FAILED, Status.EXPIRED]),
    st.one_of(
        st.text(),
        st.tuples(st.sampled_from(sorted(PASSING_STATES | FINAL_STATES)), st.text(" 01234567", max_size=6)).map(
            " ".join
        ),
    ),
)
def test_a_reason_may_pass_where_its_error_may(status, error):
    assert may_arrive(status, counted(error)) == may_arrive(status, error)
