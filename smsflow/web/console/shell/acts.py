"""The names of acts on the page of the audit log; an act without one is shown as it was recorded."""

from typing import Final

from smsflow.web.console.shell.marks import gettext

ACTS: Final = {
    "settings changed": gettext("Settings changed"),
    "person invited": gettext("Person invited"),
    "invitation accepted": gettext("Invitation accepted"),
    "invitation withdrawn": gettext("Invitation withdrawn"),
    "person added": gettext("Person added"),
    "role changed": gettext("Role changed"),
    "person disabled": gettext("Person disabled"),
    "person enabled": gettext("Person enabled"),
    "profile changed": gettext("Profile changed"),
    "password changed": gettext("Password changed"),
    "password changed by a link": gettext("Password changed by a link"),
    "link to a new password made": gettext("Link to a new password made"),
    "second factor turned on": gettext("Second factor turned on"),
    "second factor turned off": gettext("Second factor turned off"),
    "sender asked for": gettext("Sender asked for"),
    "credits asked for": gettext("Credits asked for"),
    "request for credits withdrawn": gettext("Request for credits withdrawn"),
    "campaign written": gettext("Campaign written"),
    "campaign written again": gettext("Campaign written again"),
    "campaign counted": gettext("Campaign counted"),
    "campaign submitted": gettext("Campaign submitted"),
    "campaign approved": gettext("Campaign approved"),
    "campaign sent back": gettext("Campaign sent back"),
    "campaign launched": gettext("Campaign launched"),
    "campaign paused": gettext("Campaign paused"),
    "campaign resumed": gettext("Campaign resumed"),
    "campaign cancelled": gettext("Campaign cancelled"),
    "campaign adjusted": gettext("Campaign adjusted"),
    "campaign duplicated": gettext("Campaign duplicated"),
    "contact written": gettext("Contact written"),
    "contact deleted": gettext("Contact deleted"),
    "put into list": gettext("Put into a list"),
    "taken out of list": gettext("Taken out of a list"),
    "list added": gettext("List added"),
    "list written": gettext("List written"),
    "list deleted": gettext("List deleted"),
    "file received": gettext("File received"),
    "import begun": gettext("Import begun"),
    "import stopped": gettext("Import stopped"),
    "import undone": gettext("Import undone"),
    "export begun": gettext("Export begun"),
    "export stopped": gettext("Export stopped"),
    "opted out": gettext("Opted out"),
    "opt-out removed": gettext("Opt-out removed"),
    "opt-outs imported": gettext("Opt-outs imported"),
}


def page_of(act: str, subject: str) -> str:
    """Return the address of what an act was done to, where it names that by a number."""
    if subject.isdecimal():
        if act.startswith("campaign "):
            return f"/app/campaigns/{subject}"
        if act == "file received" or act.startswith("import "):
            return f"/app/imports/{subject}"
    return ""
