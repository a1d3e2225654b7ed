"""Words for the results of a campaign's recipients, on its page and in its file; translated where they are shown."""

from typing import Final

from smsflow.domain import failures
from smsflow.domain.message import OUTLIVED, PRESUMED
from smsflow.services.campaigns import export
from smsflow.web.console.shell.marks import gettext

# Why somebody is not written to.
REASONS: Final = {
    "opted_out": "Opted out",
    "no_value": "A variable has no value",
    "too_long": "The message is too long",
    "no_route": "No operator reaches this number",
    "country_not_allowed": "Country not allowed",
    "daily_limit": "Written to often enough today",
    "outside_hours": "Outside the allowed hours",
    "number_not_mobile": "Landline",
    "cancelled": "The campaign was called off before its turn",
    "no_way_to_stop": gettext("No way out of marketing for {stop}"),
}

# The remedy, where there is one.
REMEDIES: Final = {
    "no_value": gettext("Give the variable a default, as in {prenom|cher client}."),
    "too_long": gettext("Shorten the message."),
    "no_route": gettext("Ask the platform to reach this country or operator."),
    "country_not_allowed": gettext("Ask the platform to allow this country."),
    "daily_limit": gettext("Send it on another day."),
    "outside_hours": gettext("Let it leave the next day, or allow more hours."),
    "number_not_mobile": gettext("Ask these people for a mobile number."),
    "no_way_to_stop": gettext("Ask the platform for a number that receives SMS, or for links."),
}

# Why an SMS failed, by the words of domain/failures and the names of SMPP.
_FAILURES: Final = {
    "absent subscriber": gettext("Phone off or out of reach"),
    "subscriber busy": gettext("Phone off or out of reach"),
    "SM delivery failure: the memory of the handset is full": gettext("Phone memory full"),
    "unknown subscriber": gettext("Number not in service"),
    "unidentified subscriber": gettext("Number not in service"),
    "illegal subscriber": gettext("Line suspended by the operator"),
    "bearer service not provisioned": gettext("SMS barred on this line"),
    "teleservice not provisioned": gettext("SMS barred on this line"),
    "call barred": gettext("SMS barred on this line"),
    "illegal equipment": gettext("Phone not accepted by the operator"),
    "facility not supported": gettext("Phone not accepted by the operator"),
    "system failure": gettext("Failure in the operator's network"),
    "data missing": gettext("Failure in the operator's network"),
    "unexpected data value": gettext("Failure in the operator's network"),
    PRESUMED: gettext("No receipt before the validity ended"),
    OUTLIVED: gettext("Not sent before the validity ended"),
    "EXPIRED": gettext("Not reached before the validity ended"),
    "UNDELIV": gettext("Phone off or out of reach"),
    "ESME_RINVSRCADR": gettext("Sender not allowed by the operator"),
    "ESME_RINVDSTADR": gettext("Number not taken by the operator"),
    "ESME_RMSGQFUL": gettext("The operator could not take more"),
    "ESME_RTHROTTLED": gettext("The operator could not take more"),
    "ESME_RX_T_APPN": gettext("The operator could not take more"),
    "ESME_RSYSERR": gettext("Failure in the operator's network"),
}
_REFUSED: Final = gettext("Refused by the operator")


def failure(error: str) -> str:
    """Return what an operator's error is called; sentences are translated where they are shown."""
    words = failures.meaning(error)
    name = error.split(maxsplit=1)[0].upper() if error.split() else ""
    return _FAILURES.get(error) or _FAILURES.get(words or "") or _FAILURES.get(name) or _REFUSED


# The words in the file of a result, by those of services/campaigns/export.
RESULTS: Final = {
    "number": gettext("Number"),
    "state": gettext("State"),
    "reason": gettext("Reason"),
    "segments": gettext("Segments"),
    "sent": gettext("Sent"),
    "done": gettext("Ended"),
    export.WAITING: gettext("Still to go"),
    export.NOT_WRITTEN_TO: gettext("Not written to"),
    "received": gettext("Waiting to leave"),
    "delivered": gettext("Delivered"),
    "failed": gettext("Failed"),
    "planned": gettext("Scheduled"),
    "expired": gettext("Expired"),
    "cancelled": gettext("Called off"),
    "unknown": gettext("Undetermined"),
    **{said: REASONS[reason] for reason, said in export.REASONS.items()},
    **_FAILURES,
}
