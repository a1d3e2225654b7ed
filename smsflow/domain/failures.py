"""Why an SMS failed, and whether the same SMS may arrive another time.

The words are those that `message.error` holds: the name of an SMPP status, or a receipt's state with its `err`. The table of
those that pass is a rule of thumb of GSM networks.
"""

import re
from enum import StrEnum
from functools import lru_cache

from smsflow.domain.message import Status, is_presumed


class Failure(StrEnum):
    """Whether what made an SMS fail may be over next time."""

    PASSING = "passing"
    FINAL = "final"


# Answers to submit_sm (SMPP 3.4, section 5.1.3). A status that is not here speaks of the SMS or the number, and stays.
PASSING_STATUSES = frozenset(
    {
        "ESME_RINVBNDSTS",
        "ESME_RSYSERR",
        "ESME_RMSGQFUL",
        "ESME_RTHROTTLED",
        "ESME_RX_T_APPN",
        "ESME_RSUBMITFAIL",
        "ESME_RUNKNOWNERR",
        "ESME_RDELIVERYFAILURE",
    },
)

# Receipts: UNDELIV without an `err` that we know is mostly a handset that was off.
PASSING_STATES = frozenset({"EXPIRED", "UNDELIV", "UNKNOWN"})
FINAL_STATES = frozenset({"REJECTD", "DELETED"})

# `err` of a receipt: the errors of MAP (3GPP TS 29.002, section 17.6.6), which most operators pass on in decimal.
_PASSING_ERRORS = {
    6: "absent subscriber",
    27: "absent subscriber",
    31: "subscriber busy",
    32: "SM delivery failure: the memory of the handset is full",
    34: "system failure",
    35: "data missing",
    36: "unexpected data value",
}
_FINAL_ERRORS = {
    1: "unknown subscriber",
    5: "unidentified subscriber",
    9: "illegal subscriber",
    10: "bearer service not provisioned",
    11: "teleservice not provisioned",
    12: "illegal equipment",
    13: "call barred",
    21: "facility not supported",
}

_STATUS_PREFIX = "ESME_"


def nature(status: Status, error: str | None) -> Failure | None:
    """Return whether the SMS may arrive when it is sent again, or None when it has not failed."""
    if status not in (Status.FAILED, Status.EXPIRED):
        return None
    words = (error or "").upper().split()
    if not words:
        # Nobody said why: its validity ended while it waited.
        return Failure.PASSING if status is Status.EXPIRED else Failure.FINAL
    word, *rest = words
    if word.startswith(_STATUS_PREFIX):
        return Failure.PASSING if word in PASSING_STATUSES else Failure.FINAL
    if word in FINAL_STATES:
        return Failure.FINAL
    number = _number(rest[0]) if rest else None
    if number in _FINAL_ERRORS:
        return Failure.FINAL
    if number in _PASSING_ERRORS or word in PASSING_STATES or status is Status.EXPIRED:
        return Failure.PASSING
    return Failure.FINAL


def may_arrive(status: Status, error: str | None) -> bool:
    """Tell whether an SMS that failed may be sent again; one whose end is only presumed may be on the handset already."""
    return nature(status, error) is Failure.PASSING and not is_presumed(status, error)


def meaning(error: str) -> str | None:
    """Return what the `err` of a receipt says in words, or None when it says nothing that we know."""
    number = _number(error.rsplit(maxsplit=1)[-1]) if error.split() else None
    return None if number is None else {**_PASSING_ERRORS, **_FINAL_ERRORS}.get(number)


# The words of receipts that `counted` knows; the `err` behind one has three digits (SMPP 3.4, appendix B).
_STATES = PASSING_STATES | FINAL_STATES
_MOST_ERR = 999
# SMPP 3.4, section 5.1.3: an operator's own statuses.
_OWN_STATUS = re.compile("0x000004[0-9A-F]{2}")


@lru_cache(4096)
def counted(error: str | None) -> str:
    """Return the reason that an SMS which failed with this error is counted by: few for all that operators may write.

    Its nature is that of the error, and so is its meaning.
    """
    name, *rest = (error or "").split() or [""]
    if name.startswith("0x"):
        return name if _OWN_STATUS.fullmatch(name) else "0x"
    if name not in _STATES:
        # The name of a status, or a sentence of ours.
        return error or ""
    number = _number(rest[0]) if rest else None
    return name if number is None or number > _MOST_ERR else f"{name} {number:03}"


def _number(err: str) -> int | None:
    return int(err) if err.isascii() and err.isdigit() and len(err) <= 4 else None
