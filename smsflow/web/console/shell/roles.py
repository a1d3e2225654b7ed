"""Words for roles."""

from smsflow.domain.access import Role
from smsflow.web.console.shell.locale import Locale

NAMES = {
    Role.ADMIN: "administrator",
    Role.MARKETING: "marketing",
    Role.APPROVER: "approver",
    Role.DEVELOPER: "developer",
    Role.ACCOUNTANT: "accountant",
    Role.READER: "reader",
}


def role_name(locale: Locale, role: Role) -> str:
    """Return the name of a role in the reader's language."""
    return locale.gettext(NAMES[role])
