"""Templates: texts with variables that a company keeps, for its campaigns and for its codes."""

from dataclasses import dataclass
from datetime import datetime

from smsflow.domain import template, verification
from smsflow.domain.account import Company
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.store import templates
from smsflow.store.postgres.transactions import Tx
from smsflow.store.templates import StoredTemplate

__all__ = [
    "CAMPAIGN",
    "CODE",
    "LONGEST_NAME",
    "StoredTemplate",
    "WrittenTemplate",
    "add",
    "change",
    "remove",
    "show",
    "show_all",
]

CAMPAIGN, CODE = "campaign", "code"
LONGEST_NAME = 100
_CODE_VARIABLE = "{code}"


@dataclass(frozen=True, slots=True)
class WrittenTemplate:
    """A template as somebody writes it."""

    name: str
    purpose: str
    text: str


async def show_all(tx: Tx, company_id: int) -> list[StoredTemplate]:
    """Return a company's templates, by name."""
    return await templates.of_company(tx, company_id)


async def show(tx: Tx, company_id: int, template_id: int) -> StoredTemplate:
    """Return a template of the company; raise NotFound."""
    found = await templates.find(tx, company_id, template_id)
    if found is None:
        raise NotFound(what="template", id=template_id)
    return found


async def add(tx: Tx, company: Company, wanted: WrittenTemplate, *, most_segments: int, now: datetime) -> int:
    """Keep a text; return its id. Raises ParameterInvalid, MessageTooLong for a code's, and AlreadyExists."""
    _check(company, wanted, most_segments)
    added = await templates.add(tx, company.id, wanted.name, purpose=wanted.purpose, body=wanted.text, now=now)
    if added is None:
        raise AlreadyExists(what="template", name=wanted.name)
    return added


async def change(
    tx: Tx, company: Company, template_id: int, wanted: WrittenTemplate, *, most_segments: int, now: datetime
) -> StoredTemplate:
    """Change a template; return it as it was. Raises NotFound, and what `add` raises."""
    before = await show(tx, company.id, template_id)
    _check(company, wanted, most_segments)
    changed = await templates.change(
        tx, company.id, template_id, wanted.name, purpose=wanted.purpose, body=wanted.text, now=now
    )
    if not changed:
        raise AlreadyExists(what="template", name=wanted.name)
    return before


async def remove(tx: Tx, company_id: int, template_id: int) -> None:
    """Remove a template; raise NotFound. Campaigns and SMS written with it stay as they are."""
    if not await templates.remove(tx, company_id, template_id):
        raise NotFound(what="template", id=template_id)


def _check(company: Company, wanted: WrittenTemplate, most_segments: int) -> None:
    if not 0 < len(wanted.name) <= LONGEST_NAME or not wanted.name.isprintable():
        raise ParameterInvalid(parameter="name", expected=f"1 to {LONGEST_NAME} characters")
    if wanted.purpose == CODE:
        if _CODE_VARIABLE not in wanted.text:
            raise ParameterInvalid(parameter="text", expected="a text with {code}")
        verification.check_template(wanted.text, company=company.name, most_segments=most_segments)
    elif wanted.purpose == CAMPAIGN:
        template.parse(wanted.text)
    else:
        raise ParameterInvalid(parameter="purpose", expected="campaign or code")
