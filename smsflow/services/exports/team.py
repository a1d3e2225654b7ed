"""The rows of a company's own: the team, what it did, and the names that it sends from."""

from collections.abc import Mapping
from typing import Any

from smsflow.domain.account import Company
from smsflow.services import audit
from smsflow.services.accounts import people, senders
from smsflow.services.exports.wanted import PAGE, Rows, WantedFile
from smsflow.store.postgres.transactions import Tx


async def team(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the people of a company, all of them."""
    del after
    return [
        [
            one.person.username,
            one.person.full_name,
            one.person.email or "",
            wanted.word(str(one.person.role)),
            wanted.word("disabled" if one.disabled else "active"),
            wanted.word("on" if one.totp_sealed else "off"),
        ]
        for one in await people.of_company(tx, company.id)
    ], None


async def acts(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return the lines of the audit log, the newest first."""
    found = await audit.show(
        tx,
        company.id,
        before=int(after) if after else None,
        author=wanted.asked.get("author"),
        act=wanted.asked.get("act"),
        limit=PAGE,
    )
    rows: Rows = [
        [
            wanted.time(line.at),
            wanted.word(line.act),
            line.subject,
            line.author,
            line.address,
            _values(line.before),
            _values(line.after),
        ]
        for line in found
    ]
    return rows, str(found[-1].id) if len(found) == PAGE else None


async def senders_(tx: Tx, company: Company, wanted: WantedFile, after: str) -> tuple[Rows, str | None]:
    """Return senders with what they were asked for and their state, all of them."""
    del after
    asked = await senders.requests(tx, company.id)
    return [
        [
            one.name,
            asked[one.id].use if one.id in asked else "",
            wanted.word(one.state),
            asked[one.id].reason if one.id in asked else "",
        ]
        for one in company.senders
    ], None


def _values(of: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name}: {'—' if value is None else value}" for name, value in (of or {}).items())
