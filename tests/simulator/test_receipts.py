from datetime import UTC, datetime

import pytest

from smsflow.simulator import receipts
from smsflow.smpp import receipt
from smsflow.smpp.pdu import SubmitSm

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
USUAL = b"id:0123 sub:001 dlvrd:001 submit date:2611222005 done date:2611222006 stat:DELIVRD err:000 text:Bonjour"


@pytest.mark.parametrize("state", ["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD"])
def test_we_read_the_receipts_that_the_simulator_writes(state):
    submitted = SubmitSm(source="smsflow", dest="237690000001")

    news = receipt.parse(receipts.receipt_of(submitted, "9F", state, at=AT, tlvs=False))

    assert (news.reference, news.state, news.source) == ("9F", state, "237690000001")


def test_a_receipt_is_written_as_appendix_b_has_it():
    line = receipts.format_receipt("0123", "DELIVRD", text="Bonjour", submitted_at=AT, done_at=AT.replace(minute=6))

    assert line == USUAL


@pytest.mark.parametrize(
    ("wish", "state", "wanted"),
    [(0, "DELIVRD", False), (1, "DELIVRD", True), (2, "DELIVRD", False), (2, "UNDELIV", True), (0x11, "DELIVRD", True)],
)
def test_a_receipt_comes_when_registered_delivery_asks_for_it(wish, state, wanted):
    assert receipts.is_receipt_wanted(SubmitSm(registered_delivery=wish), state) is wanted
