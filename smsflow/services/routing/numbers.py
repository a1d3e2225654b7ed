"""Our own numbers: given to companies, and the company that an inbound SMS is for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smsflow.domain import optout, phone
from smsflow.domain.phone import Number
from smsflow.errors import AlreadyExists, NotFound, NumberInvalid, ParameterInvalid
from smsflow.services.routing import connectors
from smsflow.store.accounts import companies
from smsflow.store.campaigns import written
from smsflow.store.postgres.transactions import Tx
from smsflow.store.routing import numbers

OwnNumber = numbers.OwnNumber

_NUMBER = re.compile(r"\+?([0-9]{3,15})")
_KEYWORD = re.compile(r"[a-z0-9]{2,20}")
# A keyword stands first, or behind the word that asks for something: "STOP AWA". In an SMS that asks for it, it may stand anywhere: "stop la pub AWA".
_LOOKED_AT = 2


@dataclass(frozen=True, slots=True)
class InboundText:
    """An inbound SMS as far as its company depends on it."""

    source: str
    destination: str
    text: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """The company that an inbound SMS is for, if any, with the keyword that led there; and its writer's number (E.164)."""

    company_id: int | None
    keyword: str | None
    number: str | None
    campaign_id: int | None
    """The company's campaign that it answers: the last that wrote marketing to the handset."""


async def add(
    tx: Tx, number: str, *, connector: str, company_id: int | None = None, keyword: str | None = None
) -> OwnNumber:
    """Give a number of a connector to a company, or with a keyword what begins with it; without a company it is shared."""
    if keyword is not None and company_id is None:
        raise ParameterInvalid(parameter="keyword", expected="that of a company: say which")
    connector_id = (await connectors.find(tx, connector)).connector.id
    digits, word = _digits(number), _keyword(keyword)
    added = await numbers.add(tx, connector_id, digits, keyword=word, company_id=company_id)
    if added is None:
        raise AlreadyExists(what="number", name=f"{digits} {word}".strip())
    return OwnNumber(added, connector_id, connector, digits, word, company_id)


async def remove(tx: Tx, number: str, *, connector: str, keyword: str | None = None) -> None:
    """Take a number back; raise NotFound."""
    connector_id = (await connectors.find(tx, connector)).connector.id
    if not await numbers.remove(tx, connector_id, _digits(number), keyword=_keyword(keyword)):
        raise NotFound(what="number", id=f"{number} {keyword or ''}".strip())


async def every(tx: Tx) -> list[OwnNumber]:
    """Return every number, by connector."""
    return await numbers.every(tx)


def _digits(number: str) -> str:
    match = _NUMBER.fullmatch(number.replace(" ", ""))
    if match is None:
        raise ParameterInvalid(parameter="number", expected="3 to 15 digits, as the operator sends them")
    return match[1]


def _keyword(keyword: str | None) -> str:
    if keyword is None:
        return ""
    word = optout.fold(keyword)
    if not _KEYWORD.fullmatch(word) or optout.command(word) is not None:
        raise ParameterInvalid(
            parameter="keyword", expected="2 to 20 letters or digits, and no word by which people opt out"
        )
    return word


async def addressees(
    tx: Tx, connector_id: int, texts: Sequence[InboundText], *, fingerprint: Callable[[str], bytes]
) -> list[Addressee]:
    """Return whom each inbound SMS is for: by number and keyword, else by who last wrote marketing to the handset."""
    own: dict[tuple[str, str], int | None] = {
        (n.number, n.keyword): n.company_id for n in await numbers.of_connector(tx, connector_id)
    }
    found = [_by_number(own, text) for text in texts]
    senders = [
        await _of_company(tx, company_id, text.source, _international(text.source))
        for text, (company_id, _) in zip(texts, found, strict=True)
    ]
    people = {number: fingerprint(number) for number in senders if number is not None}
    last = await written.last_writers(tx, connector_id, list(people.values())) if people else {}
    answers = []
    for (company_id, keyword), number in zip(found, senders, strict=True):
        writer = None if number is None else last.get(people[number])
        wanted = writer.company_id if company_id is None and writer is not None else company_id
        campaign_id = writer.campaign_id if writer is not None and writer.company_id == wanted else None
        answers.append(Addressee(wanted, keyword, number, campaign_id))
    return answers


def _by_number(own: dict[tuple[str, str], int | None], text: InboundText) -> tuple[int | None, str | None]:
    destination = text.destination.removeprefix("+")
    for place, word in enumerate(optout.first_words(text.text, optout.MOST_WORDS)):
        for keyword in (word, word.removeprefix("stop")):
            company_id = own.get((destination, keyword)) if keyword else None
            if company_id is not None and (place < _LOOKED_AT or optout.command(text.text, keyword=keyword)):
                return company_id, keyword
    return own.get((destination, "")), None


def _international(source: str) -> Number | None:
    """Return the number of a handset, which operators write with or without a plus."""
    digits = source.removeprefix("+").removeprefix("00")
    if not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return phone.parse(f"+{digits}", country="ZZ")
    except NumberInvalid:
        return None


async def _of_company(tx: Tx, company_id: int | None, source: str, number: Number | None) -> str | None:
    """Return the E.164 number of a handset, which may be written as in the company's country."""
    if number is not None:
        return number.e164
    company = None if company_id is None else await companies.company(tx, company_id)
    if company is None:
        return None
    try:
        return phone.parse(source, country=company.country).e164
    except NumberInvalid:
        return None
