"""Words that several pages share: statuses, opt-outs, movements of credits, requests by SMS; translated where they are shown."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from smsflow.domain.message import Status
from smsflow.domain.verification import CodeState
from smsflow.services import templates
from smsflow.services.credits import Reason
from smsflow.web.console.shell.marks import gettext

# status → (word, tone of its badge).
STATUSES: Final = {
    Status.RECEIVED: (gettext("Accepted by SMSFLOW"), "idle"),
    Status.SENT: (gettext("Sent"), "info"),
    Status.DELIVERED: (gettext("Delivered"), "good"),
    Status.FAILED: (gettext("Failed"), "bad"),
    Status.PLANNED: (gettext("Planned"), "idle"),
    Status.EXPIRED: (gettext("Expired"), "warn"),
    Status.CANCELLED: (gettext("SMS cancelled"), "idle"),
    Status.UNKNOWN: (gettext("Undetermined"), "warn"),
}

# state of a code → (word, tone of its badge).
CODES: Final = {
    CodeState.SENT: (gettext("Code sent"), "info"),
    CodeState.VALIDATED: (gettext("Validated"), "good"),
    CodeState.EXPIRED: (gettext("Expired"), "warn"),
    CodeState.BLOCKED: (gettext("Blocked"), "bad"),
    CodeState.REPLACED: (gettext("Replaced"), "idle"),
    CodeState.FAILED: (gettext("Failed"), "bad"),
}

STOP_DEMANDED: Final = gettext("Here advertising must say how to opt out: write {stop} into the text of a campaign.")

# By what somebody opted out.
SOURCES: Final = {
    "sms": gettext("STOP by SMS"),
    "link": gettext("Link in an SMS"),
    "manual": gettext("By hand"),
    "import": gettext("Import"),
    "api": gettext("API"),
}

# Of what somebody opted out.
# state of an import → (word, tone of its badge).
IMPORTS: Final = {
    "checking": (gettext("To check"), "warn"),
    "waiting": (gettext("Waiting"), "info"),
    "running": (gettext("Running"), "info"),
    "stopped": (gettext("Stopped"), "idle"),
    "finished": (gettext("Done"), "good"),
    "failed": (gettext("Failed"), "bad"),
    "undone": (gettext("Undone"), "idle"),
}

# state of a sender → (word, tone of its badge).
SENDERS: Final = {
    "pending": (gettext("Requested"), "warn"),
    "approved": (gettext("Approved"), "good"),
    "refused": (gettext("Turned down"), "bad"),
}

SCOPES: Final = {"marketing": gettext("Marketing"), "all": gettext("Everything but codes")}

# Kinds of movements of credits.
CAUSES: Final = {
    "credit": gettext("Purchase"),
    "campaign": gettext("Campaign"),
    "api": gettext("SMS by the API"),
    "console": gettext("SMS from the console"),
    "codes": gettext("Verification codes"),
    "returned": gettext("Credits returned"),
    "reserve": gettext("Reserved for a campaign"),
    "release": gettext("Reserve released"),
}

# Request of an SMS → (its effect, tone of its badge).
COMMANDS: Final = {
    "stop": (gettext("Opted out"), "warn"),
    "start": (gettext("Opted in again"), "good"),
    "help": (gettext("Help asked for"), "info"),
}

# The attributes that people are called by, in the order in which a name is read.
_NAMES: Final = ("prenom", "firstname", "nom", "lastname", "name")


def known(attributes: Mapping[str, str]) -> list[str]:
    """Return what is known of a contact, the name first; the database keeps attributes in an order of its own."""
    return [attributes[name] for name in sorted(attributes, key=_place)]


def _place(name: str) -> int:
    letters = "".join(c for c in unicodedata.normalize("NFD", name.lower()) if c.isascii() and c.isalpha())
    return _NAMES.index(letters) if letters in _NAMES else len(_NAMES)


# Causes of the ledger's lines.
LEDGER: Final[dict[Reason, str]] = {
    "credit": gettext("Purchase"),
    "charge": gettext("SMS sent"),
    "refund": gettext("Credits returned"),
    "reserve": gettext("Reserved for a campaign"),
    "release": gettext("Reserve released"),
}

# state of a campaign → (word, tone of its badge).
CAMPAIGNS: Final = {
    "draft": (gettext("Draft"), "idle"),
    "prepared": (gettext("Ready"), "info"),
    "approval": (gettext("To approve"), "warn"),
    "scheduled": (gettext("Scheduled"), "info"),
    "running": (gettext("Running"), "info"),
    "paused": (gettext("Paused"), "warn"),
    "finished": (gettext("Finished"), "good"),
    "cancelled": (gettext("Called off"), "idle"),
}

# Purposes of templates.
PURPOSES: Final = {templates.CAMPAIGN: gettext("Campaigns"), templates.CODE: gettext("Codes")}
