"""The sender IDs of a company."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from smsflow.domain import phone
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.store.accounts import companies, sender_requests, senders
from smsflow.store.accounts.sender_requests import SenderRequest
from smsflow.store.postgres.transactions import Tx

LARGEST_DOCUMENT: Final = 2 * 1024 * 1024
LONGEST_TEXT: Final = 500
_DOCUMENTS: Final = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Give a company a sender; return its id."""
    _check(name)
    if await companies.company(tx, company_id) is None:
        raise NotFound(what="company", id=company_id)
    return await senders.add_sender(tx, company_id, name, state=state, is_default=is_default)


@dataclass(frozen=True, slots=True)
class Joined:
    """A document that proves a name: its own name and its octets."""

    name: str
    body: bytes


async def ask_for(
    tx: Tx,
    company_id: int,
    name: str,
    *,
    use: str = "",
    sample: str = "",
    author: str = "",
    joined: Joined | None = None,
    now: datetime,
) -> int:
    """Add a sender that sends nothing until the platform approves it; return its id. Raises AlreadyExists or ParameterInvalid."""
    _check(name)
    for parameter, written in (("use", use), ("sample", sample)):
        if len(written) > LONGEST_TEXT:
            raise ParameterInvalid(parameter=parameter, expected=f"at most {LONGEST_TEXT} characters")
    media_type = None if joined is None else _media_type(joined.body)
    if joined is not None and (media_type is None or len(joined.body) > LARGEST_DOCUMENT):
        raise ParameterInvalid(parameter="document", expected="a PDF, PNG or JPEG file of at most 2 MB")
    sender_id = await senders.ask_for(tx, company_id, name)
    if sender_id is None:
        raise AlreadyExists(what="sender", name=name)
    await sender_requests.keep(tx, company_id, sender_id, use=use, sample=sample, author=author, now=now)
    if joined is not None and media_type is not None:
        await sender_requests.join(
            tx, company_id, sender_id, name=joined.name[:200], media_type=media_type, body=joined.body
        )
    return sender_id


async def requests(tx: Tx, company_id: int) -> Mapping[int, SenderRequest]:
    """Return what a company said when it asked for senders, and what was decided, by sender."""
    return await sender_requests.of_company(tx, company_id)


async def document(tx: Tx, company_id: int, sender_id: int) -> tuple[str, str, bytes]:
    """Return the name, the type and the octets of the document of a sender; raise NotFound."""
    found = await sender_requests.document(tx, company_id, sender_id)
    if found is None:
        raise NotFound(what="document of the sender", id=sender_id)
    return found


async def decide(
    tx: Tx, company_id: int, sender_id: int, *, approved: bool, reason: str, by: str, now: datetime
) -> str:
    """Approve or refuse a sender, with the reason that its company reads; return its name. Raises NotFound."""
    state = "approved" if approved else "refused"
    name = await sender_requests.decide(tx, company_id, sender_id, state=state, reason=reason, by=by, now=now)
    if name is None:
        raise NotFound(what="sender", id=sender_id)
    return name


async def set_default(tx: Tx, company_id: int, sender_id: int) -> None:
    """Make an approved sender the company's default; raise NotFound."""
    if not await senders.set_default(tx, company_id, sender_id):
        raise NotFound(what="sender", id=sender_id)


def _media_type(body: bytes) -> str | None:
    """Return what a document is by how it begins, whatever its sender calls it."""
    return next((media_type for begin, media_type in _DOCUMENTS.items() if body.startswith(begin)), None)


def _check(name: str) -> None:
    if not phone.is_sender(name):
        expected = "1 to 11 letters, digits or spaces, or a number of at most 15 digits"
        raise ParameterInvalid(parameter="sender", expected=expected)
