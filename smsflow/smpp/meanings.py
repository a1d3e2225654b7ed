"""The meaning of an operator's status or receipt state, in words for people who do not know the specification by heart."""

from typing import Final

_MEANINGS: Final = {
    "ESME_RINVMSGLEN": "the text has a length that the operator does not take",
    "ESME_RINVBNDSTS": "the bind is not of the kind that may send",
    "ESME_RALYBND": "the operator thinks that we are already bound",
    "ESME_RINVREGDLVFLG": "the operator does not know this request for a receipt",
    "ESME_RSYSERR": "the operator has an error of its own",
    "ESME_RINVSRCADR": "the operator does not allow this sender",
    "ESME_RINVDSTADR": "the operator does not take this number",
    "ESME_RINVMSGID": "the operator does not know this message id",
    "ESME_RBINDFAIL": "the operator refused the bind",
    "ESME_RINVPASWD": "the password is wrong",
    "ESME_RINVSYSID": "the system_id is unknown",
    "ESME_RMSGQFUL": "the operator's queue for this number or account is full",
    "ESME_RINVSERTYP": "the operator does not know this service type",
    "ESME_RINVESMCLASS": "the operator does not take this kind of message",
    "ESME_RSUBMITFAIL": "the operator could not take the message",
    "ESME_RINVSRCTON": "the operator does not take this type of sender",
    "ESME_RINVSRCNPI": "the operator does not take this numbering plan of the sender",
    "ESME_RINVDSTTON": "the operator does not take this type of number",
    "ESME_RINVDSTNPI": "the operator does not take this numbering plan of the number",
    "ESME_RINVSYSTYP": "the system_type is wrong",
    "ESME_RTHROTTLED": "we send faster than the operator allows",
    "ESME_RINVSCHED": "the operator does not take this delivery time",
    "ESME_RINVEXPIRY": "the operator does not take this validity",
    "ESME_RX_T_APPN": "the operator cannot take it now",
    "ESME_RX_P_APPN": "the operator will never take it",
    "ESME_RX_R_APPN": "the operator rejected it",
    "ESME_RINVOPTPARSTREAM": "the operator could not read the optional parameters",
    "ESME_ROPTPARNOTALLWD": "the operator does not allow one of the optional parameters",
    "ESME_RMISSINGOPTPARAM": "the operator expects an optional parameter that is missing",
    "ESME_RINVOPTPARAMVAL": "the operator does not take the value of an optional parameter",
    "ESME_RDELIVERYFAILURE": "the operator could not deliver it",
    "ESME_RUNKNOWNERR": "the operator gives no reason",
    # The states of a receipt's text (SMPP 3.4, appendix B).
    "DELIVRD": "it is on the handset",
    "EXPIRED": "its validity ended at the operator before the handset could be reached",
    "DELETED": "the operator deleted it",
    "UNDELIV": "the operator could not deliver it",
    "REJECTD": "the operator rejected it",
    "ACCEPTD": "the operator is working on it",
    "ENROUTE": "it is on its way",
    "UNKNOWN": "the operator does not know what became of it",
}


def meaning(status: str) -> str | None:
    """Return what a status, or a receipt's state with the operator's own code behind it, means; None when nobody knows."""
    name, _, code = status.partition(" ")
    words = _MEANINGS.get(name)
    own = code.strip("0 ")
    return f"{words}; its own code for that is {code}" if words and own else words
