"""Words for the steps of a timeline and for operators' errors; translated where they are shown."""

from typing import Final

from smsflow.domain import failures
from smsflow.services.messages.timeline import Happening
from smsflow.smpp import meanings
from smsflow.web.console.shell.marks import gettext

# Event → (word, tone of its dot).
HAPPENINGS: Final[dict[Happening, tuple[str, str]]] = {
    "accepted": (gettext("Accepted by SMSFLOW"), ""),
    "charged": (gettext("Credits charged"), ""),
    "planned": (gettext("Planned"), ""),
    "routed": (gettext("Routed"), ""),
    "waiting": (gettext("Waiting to leave"), "info"),
    "held": (gettext("Held back"), "info"),
    "claimed": (gettext("Being sent"), "info"),
    "requeued": (gettext("Waiting for another try"), "info"),
    "sent": (gettext("Handed to the operator"), ""),
    "unknown": (gettext("No answer from the operator"), "info"),
    "receipt": (gettext("Receipt of the operator"), ""),
    "refused": (gettext("Refused by the operator"), "bad"),
    "delivered": (gettext("Delivered"), "good"),
    "failed": (gettext("Failed"), "bad"),
    "expired": (gettext("Expired"), "bad"),
    "cancelled": (gettext("SMS cancelled"), ""),
    "refunded": (gettext("Credits returned"), "good"),
}

# The words of domain/failures, as customers read them.
_ERRORS: Final = {
    "absent subscriber": gettext("The phone was off or out of reach. It may be sent again."),
    "subscriber busy": gettext("The phone was busy. It may be sent again."),
    "SM delivery failure: the memory of the handset is full": gettext(
        "The memory of the phone is full. It may be sent again."
    ),
    "system failure": gettext("The operator's network had a failure. It may be sent again."),
    "data missing": gettext("The operator's network had a failure. It may be sent again."),
    "unexpected data value": gettext("The operator's network had a failure. It may be sent again."),
    "unknown subscriber": gettext(
        "This number is nobody's. Sending again will end in the same way: correct the number."
    ),
    "unidentified subscriber": gettext(
        "This number is nobody's. Sending again will end in the same way: correct the number."
    ),
    "illegal subscriber": gettext("The operator has suspended this line."),
    "bearer service not provisioned": gettext("SMS are barred on this line."),
    "teleservice not provisioned": gettext("SMS are barred on this line."),
    "illegal equipment": gettext("The operator does not accept this phone."),
    "call barred": gettext("SMS are barred on this line."),
    "facility not supported": gettext("This phone cannot receive the SMS."),
}

# SMPP's names of what went wrong (smpp/meanings has the others, for the platform's people).
_STATES: Final = {
    "ESME_RINVSRCADR": gettext("The operator does not allow this sender."),
    "ESME_RINVDSTADR": gettext("The operator does not take this number."),
    "ESME_RINVMSGLEN": gettext("The operator does not take a text of this length."),
    "ESME_RMSGQFUL": gettext("Too much waits for this number at the operator. It may be sent again."),
    "ESME_RTHROTTLED": gettext("The operator could not take more at that moment. It may be sent again."),
    "ESME_RSYSERR": gettext("The operator's network had a failure. It may be sent again."),
    "ESME_RX_T_APPN": gettext("The operator could not take it then. It may be sent again."),
    "EXPIRED": gettext("The phone could not be reached before the validity ended. It may be sent again."),
    "UNDELIV": gettext("The operator could not deliver it, often because the phone was off. It may be sent again."),
    "REJECTD": gettext("The operator has rejected it."),
    "DELETED": gettext("The operator has deleted it."),
    "UNKNOWN": gettext("The operator does not know what became of it."),
}
_REFUSED: Final = gettext("The operator has refused it.")


def meaning(error: str) -> str | None:
    """Return what an operator's words mean for whoever sent the SMS; None when nobody knows."""
    in_words = failures.meaning(error)
    if in_words is not None:
        return _ERRORS[in_words]
    name = error.split(maxsplit=1)[0].upper() if error.split() else ""
    return _STATES.get(name) or (_REFUSED if meanings.meaning(error) is not None else None)
