"""Access to the console: the roles, and the table of rights."""

from enum import Enum, StrEnum
from typing import Final


class Role(StrEnum):
    """The role of a person in a company; the platform's own people have ADMIN or READER."""

    ADMIN = "admin"
    MARKETING = "marketing"
    APPROVER = "approver"
    DEVELOPER = "developer"
    ACCOUNTANT = "accountant"
    READER = "reader"


class Right(Enum):
    """The right that a page or an act of the console requires."""

    # Everybody who has signed in.
    SELF = "self"
    DASHBOARD = "dashboard"
    SEE_SEND = "see send"
    SEND = "send"
    SEE_CAMPAIGNS = "see campaigns"
    WRITE_CAMPAIGNS = "write campaigns"
    APPROVE_CAMPAIGNS = "approve campaigns"
    SEE_CONTACTS = "see contacts"
    WRITE_CONTACTS = "write contacts"
    SEE_TEMPLATES = "see templates"
    WRITE_TEMPLATES = "write templates"
    SEE_MESSAGES = "see messages"
    SEE_TEXTS = "see texts"
    SEE_INBOX = "see inbox"
    ANSWER = "answer"
    SEE_CODES = "see codes"
    SEE_BALANCE = "see balance"
    SEE_CREDITS = "see credits"
    SEE_SENDERS = "see senders"
    ASK_SENDERS = "ask for senders"
    ADMINISTER = "administer"
    # The platform.
    SEE_PLATFORM = "see platform"
    RUN_PLATFORM = "run platform"


_ALL_SEE: Final = {Right.SELF, Right.DASHBOARD, Right.SEE_MESSAGES}
_MARKETING_SEES: Final = {
    Right.SEE_CAMPAIGNS,
    Right.SEE_CONTACTS,
    Right.SEE_TEMPLATES,
    Right.SEE_INBOX,
    Right.SEE_SENDERS,
}
_PLATFORM: Final = {Right.SEE_PLATFORM, Right.RUN_PLATFORM}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.ADMIN: frozenset(set(Right) - _PLATFORM),
    Role.MARKETING: frozenset(
        _ALL_SEE
        | _MARKETING_SEES
        | {
            Right.SEE_SEND,
            Right.SEND,
            Right.WRITE_CAMPAIGNS,
            Right.WRITE_CONTACTS,
            Right.WRITE_TEMPLATES,
            Right.ANSWER,
            Right.SEE_TEXTS,
            Right.SEE_BALANCE,
            Right.ASK_SENDERS,
        }
    ),
    Role.APPROVER: frozenset(
        _ALL_SEE | _MARKETING_SEES | {Right.SEE_SEND, Right.APPROVE_CAMPAIGNS, Right.SEE_TEXTS, Right.SEE_BALANCE}
    ),
    Role.DEVELOPER: frozenset(_ALL_SEE | {Right.SEE_SENDERS, Right.SEE_TEXTS, Right.SEE_CODES, Right.SEE_BALANCE}),
    Role.ACCOUNTANT: frozenset(_ALL_SEE | {Right.SEE_CAMPAIGNS, Right.SEE_BALANCE, Right.SEE_CREDITS}),
    Role.READER: frozenset(_ALL_SEE | _MARKETING_SEES | {Right.SEE_TEXTS, Right.SEE_CODES}),
}

OPERATOR_RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.ADMIN: frozenset({Right.SELF, Right.SEE_PLATFORM, Right.RUN_PLATFORM}),
    Role.READER: frozenset({Right.SELF, Right.SEE_PLATFORM}),
}
