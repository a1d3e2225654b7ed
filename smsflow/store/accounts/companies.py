"""Companies and their rules."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from smsflow.domain.account import Company, Sender
from smsflow.store.postgres.arrays import ints
from smsflow.store.postgres.transactions import Tx, text

_COLUMNS = tuple(f.name for f in fields(Company) if f.name != "senders")


_COMPANY = f"SELECT {', '.join(_COLUMNS)} FROM company"


_SENDERS = text(
    "SELECT id, name, state, is_default, company_id FROM sender WHERE company_id = ANY(CAST(:ids AS bigint[])) ORDER BY id"
)


async def company(tx: Tx, company_id: int) -> Company | None:
    """Return a company with its senders, or None."""
    found = await _companies(tx, "WHERE id = :id", {"id": company_id})
    return found[0] if found else None


async def companies(tx: Tx) -> list[Company]:
    """Return every company with its senders, by id."""
    return await _companies(tx, "", {})


async def named(tx: Tx, name: str) -> list[Company]:
    """Return the companies of that name, whatever its case, by id (walks `company`: for commands, not for requests)."""
    return await _companies(tx, "WHERE lower(name) = lower(:name)", {"name": name})


async def _companies(tx: Tx, where: str, parameters: Mapping[str, object]) -> list[Company]:
    rows = (await tx.execute(text(f"{_COMPANY} {where} ORDER BY id"), parameters)).all()
    senders: dict[int, list[Sender]] = {}
    found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    for *sender, company_id in await tx.execute(_SENDERS, {"ids": ints(columns["id"] for columns in found)}):
        senders.setdefault(company_id, []).append(Sender(*sender))
    return [_company(columns, tuple(senders.get(columns["id"], ()))) for columns in found]


def _company(columns: dict[str, Any], senders: tuple[Sender, ...]) -> Company:
    return Company(**{**columns, "countries": tuple(columns["countries"])}, senders=senders)


async def add_company(tx: Tx, name: str, *, country: str, timezone: str) -> int:
    """Add a company without credits; return its id."""
    insert = text("INSERT INTO company (name, country, timezone) VALUES (:name, :country, :timezone) RETURNING id")
    return int((await tx.execute(insert, {"name": name, "country": country, "timezone": timezone})).scalar_one())


async def set_suspended(tx: Tx, company_id: int, *, suspended: bool) -> bool:
    """Suspend a company or let it send again; False when there is none of that id."""
    update = text("UPDATE company SET suspended = :suspended WHERE id = :id RETURNING id")
    return (await tx.execute(update, {"id": company_id, "suspended": suspended})).one_or_none() is not None


# The columns of a company that can be changed. The rest has its own way: credits by the ledger, senders by their table.
_CHANGEABLE = frozenset(
    {
        "name",
        "countries",
        "mobile_only",
        "resend",
        "send_rate",
        "code_template",
        "code_every_seconds",
        "code_per_hour",
        "stop_reply",
        "start_reply",
        "help_reply",
        "marketing_opens",
        "marketing_closes",
        "timezone",
        "language",
        "second_factor",
        "approval",
        "alert_below",
        "texts_kept_days",
    }
)


async def update_company(tx: Tx, company_id: int, values: Mapping[str, Any]) -> bool:
    """Change the name or the rules of a company, by column; False when there is none of that id."""
    unknown = set(values) - _CHANGEABLE
    if unknown:
        raise ValueError(f"a company has no {', '.join(sorted(unknown))} to change")
    changes = ", ".join(f"{name} = :{name}" for name in sorted(values))
    update = f"UPDATE company SET {changes} WHERE id = :_id RETURNING id"
    return (await tx.execute(text(update), {**values, "_id": company_id})).one_or_none() is not None


async def set_send_rate(tx: Tx, company_id: int, rate: int | None) -> bool:
    """Set how many SMS a second a company may send (None: no limit); False when there is none of that id."""
    update = text("UPDATE company SET send_rate = :rate WHERE id = :id RETURNING id")
    return (await tx.execute(update, {"id": company_id, "rate": rate})).one_or_none() is not None
