"""The person in front of a page: who, of which company, with which rights, in which language."""

from dataclasses import dataclass

from smsflow.domain.access import OPERATOR_RIGHTS, RIGHTS, Right
from smsflow.domain.account import Company
from smsflow.services.accounts.sessions import Person
from smsflow.services.audit import Actor
from smsflow.web.console.shell.locale import Locale


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in."""

    person: Person
    company: Company | None
    session: str
    locale: Locale
    address: str

    @property
    def rights(self) -> frozenset[Right]:
        """The rights of the visitor."""
        return (OPERATOR_RIGHTS if self.person.operator else RIGHTS).get(self.person.role, frozenset())

    def may(self, right: Right) -> bool:
        """Tell whether the visitor has a right."""
        return right in self.rights

    def may_name(self, name: str) -> bool:
        """Tell whether the visitor has the right of that name; for templates."""
        return Right[name] in self.rights

    @property
    def lacks_factor(self) -> bool:
        """Whether the company demands a second factor that the visitor has not turned on yet."""
        return self.company is not None and self.company.second_factor and not self.person.second_factor

    @property
    def company_id(self) -> int:
        """The company's id; only a page of `/app` asks for it, and its visitors have one."""
        if self.company is None:
            raise LookupError("the platform's own people have no company")
        return self.company.id

    @property
    def home(self) -> str:
        """Where the visitor begins."""
        return "/ops" if self.person.operator else "/app"

    @property
    def actor(self) -> Actor:
        """The visitor as the audit log names who acted."""
        return Actor(self.person.username, self.address, None if self.company is None else self.company.id)
