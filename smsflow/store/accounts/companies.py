"""Companies, users, tokens, senders and campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from smsflow.domain.account import Caller, Company, Sender, User
from smsflow.domain.credits import Purse
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


async def _companies(tx: Tx, where: str, parameters: Mapping[str, object]) -> list[Company]:
    rows = (await tx.execute(text(f"{_COMPANY} {where} ORDER BY id"), parameters)).all()
    senders: dict[int, list[Sender]] = {}
    for s in await tx.execute(_SENDERS, {"ids": ints(r[0] for r in rows)}):
        senders.setdefault(s[4], []).append(Sender(s[0], s[1], s[2], s[3]))
    return [_company(dict(zip(_COLUMNS, r, strict=True)), tuple(senders.get(r[0], ()))) for r in rows]


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


# The rules of a company that can be changed. The rest has its own way: credits by the ledger, senders by their table.
_RULES = frozenset(
    {"countries", "mobile_only", "resend", "send_rate", "code_template", "code_every_seconds", "code_per_hour"}
)


async def update_company(tx: Tx, company_id: int, values: Mapping[str, Any]) -> bool:
    """Change the rules of a company, by column; False when there is none of that id."""
    unknown = set(values) - _RULES
    if unknown:
        raise ValueError(f"a company has no {', '.join(sorted(unknown))} to change")
    changes = ", ".join(f"{name} = :{name}" for name in sorted(values))
    update = f"UPDATE company SET {changes} WHERE id = :_id RETURNING id"
    return (await tx.execute(text(update), {**values, "_id": company_id})).one_or_none() is not None


async def balance(tx: Tx, company_id: int) -> int | None:
    """Return the credits that a company has left, or None."""
    return (
        await tx.execute(text("SELECT balance FROM company WHERE id = :id"), {"id": company_id})
    ).scalar_one_or_none()


async def credit(tx: Tx, company_id: int, amount: int, *, note: str, now: datetime) -> int | None:
    """Add credits (or take them away, when negative) with their line in the ledger; return the new balance, or None."""
    update = text("UPDATE company SET balance = balance + :amount WHERE id = :id RETURNING balance")
    left = (await tx.execute(update, {"id": company_id, "amount": amount})).scalar_one_or_none()
    if left is not None:
        insert = text(
            "INSERT INTO ledger (company_id, amount, reason, note, created_at) VALUES (:id, :amount, 'credit', :note, :now)"
        )
        await tx.execute(insert, {"id": company_id, "amount": amount, "note": note, "now": now})
    return left


async def lock_purses(tx: Tx, company_ids: Sequence[int]) -> dict[int, Purse]:
    """Lock companies in the order of their ids and return what each has."""
    query = text("""
        SELECT id, balance, suspended, send_rate, rate_left, rate_at FROM company WHERE id = ANY(CAST(:ids AS bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    """)
    return {row[0]: Purse(*row[1:]) for row in await tx.execute(query, {"ids": ints(company_ids)})}


async def keep_rate(tx: Tx, company_id: int, *, left: float, now: datetime) -> None:
    """Keep the room that a company has left under its send rate."""
    update = text("UPDATE company SET rate_left = :left, rate_at = :now WHERE id = :id")
    await tx.execute(update, {"id": company_id, "left": left, "now": now})


async def set_send_rate(tx: Tx, company_id: int, rate: int | None) -> bool:
    """Set how many SMS a second a company may send (None: no limit); False when there is none of that id."""
    update = text("UPDATE company SET send_rate = :rate WHERE id = :id RETURNING id")
    return (await tx.execute(update, {"id": company_id, "rate": rate})).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class Login:
    """A user with what proving the password needs."""

    user: User
    password_hash: str
    disabled: bool


async def login(tx: Tx, username: str) -> Login | None:
    """Return the user of that name, or None."""
    query = text("""
        SELECT u.id, u.company_id, u.username, u.is_admin, c.name, u.password_hash, u.disabled
        FROM account_user u JOIN company c ON c.id = u.company_id WHERE lower(u.username) = lower(:username)
    """)
    row = (await tx.execute(query, {"username": username})).one_or_none()
    return Login(User(*row[:5]), row[5], row[6]) if row else None


async def add_user(tx: Tx, username: str, *, company_id: int, password_hash: str, is_admin: bool) -> int | None:
    """Add a user; return the id, or None when the name is taken."""
    insert = text("""
        INSERT INTO account_user (company_id, username, password_hash, is_admin) VALUES (:company_id, :username, :hash, :is_admin)
        ON CONFLICT (lower(username)) DO NOTHING RETURNING id
    """)
    parameters = {"company_id": company_id, "username": username, "hash": password_hash, "is_admin": is_admin}
    return (await tx.execute(insert, parameters)).scalar_one_or_none()


async def set_password(tx: Tx, user_id: int, password_hash: str) -> None:
    """Change a user's password and end all tokens of that user."""
    await tx.execute(
        text("UPDATE account_user SET password_hash = :hash WHERE id = :id"), {"id": user_id, "hash": password_hash}
    )
    await tx.execute(text("DELETE FROM token WHERE user_id = :id"), {"id": user_id})


async def add_token(tx: Tx, digest: bytes, user: User, *, now: datetime, expires_at: datetime) -> None:
    """Keep the hash of a new token."""
    insert = text("""
        INSERT INTO token (hash, user_id, company_id, created_at, expires_at) VALUES (:hash, :user_id, :company_id, :now, :expires_at)
    """)
    parameters = {
        "hash": digest,
        "user_id": user.id,
        "company_id": user.company_id,
        "now": now,
        "expires_at": expires_at,
    }
    await tx.execute(insert, parameters)


async def caller(tx: Tx, digest: bytes) -> Caller | None:
    """Return who a token stands for, expired or not, or None; a disabled user's tokens are none."""
    query = text("""
        SELECT t.user_id, t.company_id, t.expires_at FROM token t JOIN account_user u ON u.id = t.user_id
        WHERE t.hash = :hash AND NOT u.disabled
    """)
    row = (await tx.execute(query, {"hash": digest})).one_or_none()
    return Caller(row[0], row[1], row[2].timestamp()) if row else None


async def revoke_token(tx: Tx, digest: bytes) -> bool:
    """Revoke a token everywhere; False when there was none."""
    return (
        await tx.execute(text("DELETE FROM token WHERE hash = :hash RETURNING 1"), {"hash": digest})
    ).one_or_none() is not None


async def forget_tokens(tx: Tx, *, before: datetime) -> None:
    """Drop the tokens that had expired before this time."""
    await tx.execute(text("DELETE FROM token WHERE expires_at < :before"), {"before": before})


async def add_sender(tx: Tx, company_id: int, name: str, *, state: str, is_default: bool) -> int:
    """Add a sender, or change the one of that name; return its id. At most one of a company is the default."""
    if is_default:
        await tx.execute(
            text("UPDATE sender SET is_default = false WHERE company_id = :id AND is_default"), {"id": company_id}
        )
    upsert = text("""
        INSERT INTO sender (company_id, name, state, is_default) VALUES (:company_id, :name, :state, :is_default)
        ON CONFLICT (company_id, lower(name)) DO UPDATE SET state = excluded.state, is_default = sender.is_default OR excluded.is_default
        RETURNING id
    """)
    parameters = {"company_id": company_id, "name": name, "state": state, "is_default": is_default}
    return int((await tx.execute(upsert, parameters)).scalar_one())


async def add_campaign(tx: Tx, company_id: int, name: str) -> int:
    """Add a campaign; return its id."""
    insert = text("INSERT INTO campaign (company_id, name) VALUES (:company_id, :name) RETURNING id")
    return int((await tx.execute(insert, {"company_id": company_id, "name": name})).scalar_one())


async def has_campaign(tx: Tx, company_id: int, campaign_id: int) -> bool:
    """Tell whether the company has this campaign."""
    query = text("SELECT 1 FROM campaign WHERE id = :id AND company_id = :company_id")
    return (await tx.execute(query, {"id": campaign_id, "company_id": company_id})).one_or_none() is not None


async def count_attempt(tx: Tx, door: str, who: str, *, period: float, now: datetime) -> tuple[int, float]:
    """Count one more attempt of `who` at `door`; return how many there were in this period, and the seconds until it ends."""
    upsert = text("""
        INSERT INTO attempt_window AS w (door, who, started_at, count) VALUES (:door, :who, :now, 1)
        ON CONFLICT (door, who) DO UPDATE SET
            count = CASE WHEN w.started_at <= :now - make_interval(secs => :period) OR w.started_at > :now THEN 1 ELSE w.count + 1 END,
            started_at = CASE WHEN w.started_at <= :now - make_interval(secs => :period) OR w.started_at > :now THEN :now ELSE w.started_at END
        RETURNING count, started_at
    """)
    row = (await tx.execute(upsert, {"door": door, "who": who, "now": now, "period": period})).one()
    return row[0], max(0.0, period - (now - row[1]).total_seconds())


async def forget_attempts(tx: Tx, *, before: datetime) -> None:
    """Drop the attempt windows that began before this time."""
    await tx.execute(text("DELETE FROM attempt_window WHERE started_at < :before"), {"before": before})
