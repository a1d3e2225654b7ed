"""What several pages call the same things: statuses, opt-outs, movements of credits, what an SMS asked for; translated where they are shown."""

from typing import Final

from smsflow.domain.message import Status
from smsflow.domain.verification import CodeState
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

# By what somebody opted out.
SOURCES: Final = {
    "sms": gettext("STOP by SMS"),
    "link": gettext("Link in an SMS"),
    "manual": gettext("By hand"),
    "import": gettext("Import"),
    "api": gettext("API"),
}

# Of what somebody opted out.
SCOPES: Final = {"marketing": gettext("Marketing"), "all": gettext("Everything but codes")}

# Kinds of movements of credits.
CAUSES: Final = {
    "credit": gettext("Purchase"),
    "campaign": gettext("Campaign"),
    "sms": gettext("SMS by API and console"),
    "codes": gettext("Verification codes"),
    "returned": gettext("Credits given back"),
    "reserve": gettext("Reserved for a campaign"),
    "release": gettext("Reserve released"),
}

# What an SMS asked for → (what it did, tone of its badge).
COMMANDS: Final = {
    "stop": (gettext("Opted out"), "warn"),
    "start": (gettext("Opted in again"), "good"),
    "help": (gettext("Help asked for"), "info"),
}
