"""Verification codes: sent, checked, shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from smsflow.domain import phone, verification
from smsflow.domain.account import Company
from smsflow.domain.message import Kind
from smsflow.domain.routing import Table
from smsflow.domain.verification import CodeState
from smsflow.errors import CodeNeverSent, NotFound, Refused, TooManyRequests
from smsflow.services.messages.cancel import cancel
from smsflow.services.messages.prepare import Limits, Order, prepare
from smsflow.services.messages.submit import submit
from smsflow.store import verifications
from smsflow.store.messages import tallies
from smsflow.store.messages.tallies import Day
from smsflow.store.postgres.transactions import Tx
from smsflow.vault import Vault

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Code:
    """A code in the clear, with its state as it is now."""

    id: int
    number: str
    code: str
    timeout: int
    state: CodeState


async def send_code(
    tx: Tx,
    company: Company,
    routes: Table,
    number: str,
    timeout: int,
    *,
    vault: Vault,
    randbelow: Callable[[int], int],
    now: datetime,
    limits: Limits,
) -> Code:
    """Send a new code, which replaces the one before; raise Refused when the SMS is, or when codes come too fast for this number."""
    code = verification.new_code(randbelow)
    text = verification.render(
        company.code_template or verification.DEFAULT_TEMPLATE_FR,
        code=code,
        company=company.name,
        minutes=verification.minutes_of(timeout),
    )
    order = Order(number, text, kind=Kind.OTP, parameters=("phone_number", "message", "planned_date"))
    checked = prepare(
        order, company=company, routes=routes, now=now, limits=replace(limits, validity=timedelta(seconds=timeout))
    )
    await verifications.hold_number(tx, company.id, checked.number)
    wait = verification.wait_before_next(
        await verifications.sent_since(tx, company.id, checked.number, now - _HOUR),
        now=now,
        every_seconds=company.code_every_seconds,
        per_hour=company.code_per_hour,
    )
    if wait:
        raise TooManyRequests(retry_after=wait)
    # An SMS with a code that no longer counts must not arrive after the new one; one that has left already is refused here, and stays.
    replaced = await verifications.replace(tx, company.id, checked.number)
    if replaced:
        await cancel(tx, replaced, company_id=company.id, now=now)
    # The stored text holds the code, so it is sealed like the code itself.
    (answer,) = await submit(
        tx, [replace(checked, text=vault.seal(checked.text), sealed=True)], fingerprint=vault.fingerprint, now=now
    )
    if isinstance(answer, Refused):
        raise answer
    code_id = await verifications.add(
        tx,
        company.id,
        message_id=answer,
        number=checked.number,
        code_sealed=vault.seal(code),
        timeout=timeout,
        now=now,
        expires_at=now + timedelta(seconds=timeout),
    )
    return Code(code_id, checked.number, code, timeout, CodeState.SENT)


async def check_code(
    tx: Tx, company: Company, number: str, given: str, *, vault: Vault, now: datetime
) -> Refused | None:
    """Return why a code is not accepted, or None when it is; a wrong try counts, so the transaction must be committed either way."""
    parsed = phone.parse(number, country=company.country, parameter="phone_number")
    await verifications.hold_number(tx, company.id, parsed.e164)
    last = await verifications.last(tx, company.id, parsed.e164)
    if last is None:
        return CodeNeverSent()
    judgement = verification.judge(
        given,
        vault.open(last.code_sealed),
        state=last.state,
        tries=last.tries,
        expires_at=last.expires_at,
        now=now,
    )
    if (judgement.state, judgement.tries) != (last.state, last.tries):
        await verifications.judged(tx, last.id, state=judgement.state, tries=judgement.tries)
        if judgement.state is CodeState.VALIDATED:
            await tallies.verified(tx, company.id, last.message_id)
    return judgement.refusal


async def is_sent(tx: Tx, company: Company, code: Code) -> bool:
    """Tell whether a code was stored, the answer to whose commit was lost."""
    return await verifications.find(tx, company.id, code.id) is not None


async def is_judged(tx: Tx, company: Company, number: str, refusal: Refused | None) -> bool:
    """Tell whether a judgement stands, the answer to whose commit was lost: a wrong code stays wrong, a right one must be used."""
    if refusal is not None:
        return True
    last = await verifications.last(tx, company.id, phone.parse(number, country=company.country).e164)
    return last is not None and last.state is CodeState.VALIDATED


async def show_code(tx: Tx, company_id: int, code_id: int, *, vault: Vault, now: datetime) -> Code:
    """Return one code of the company; raise NotFound."""
    found = await verifications.find(tx, company_id, code_id)
    if found is None:
        raise NotFound(what="code", id=code_id)
    return _shown(found, vault, now)


async def list_codes(tx: Tx, company_id: int, *, limit: int, vault: Vault, now: datetime) -> list[Code]:
    """Return the company's last codes, newest first."""
    return [_shown(v, vault, now) for v in await verifications.latest(tx, company_id, limit=limit)]


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A code that was asked for, without the code."""

    id: int
    number: str
    state: CodeState
    tries: int
    asked_at: datetime
    expires_at: datetime


async def requests(tx: Tx, company_id: int, *, before: int | None, limit: int, now: datetime) -> list[CodeRequest]:
    """Return the company's requests for codes older than the one `before`, newest first; the codes stay sealed."""
    return [
        CodeRequest(
            v.id,
            v.number,
            verification.shown_state(v.state, v.expires_at, now),
            v.tries,
            v.created_at,
            v.expires_at,
        )
        for v in await verifications.latest(tx, company_id, before=before, limit=limit)
    ]


async def conversion(tx: Tx, company_id: int, *, since: datetime, timezone: str) -> list[Day]:
    """Return the figures of the SMS with codes since an hour, by day of a time zone and by connector (nothing is counted: they are kept)."""
    found = await tallies.by_day(tx, company_id, since=since, timezone=timezone)
    return [day for day in found if day.kind is Kind.OTP]


def _shown(found: verifications.Verification, vault: Vault, now: datetime) -> Code:
    state = verification.shown_state(found.state, found.expires_at, now)
    return Code(found.id, found.number, vault.open(found.code_sealed), found.timeout, state)
