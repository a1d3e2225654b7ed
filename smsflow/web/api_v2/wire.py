"""All that the customers of the v2 API see: its replies, its names, its dates and its French sentences."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from smsflow.domain.account import User
from smsflow.domain.message import Status, public_id
from smsflow.domain.verification import CodeState
from smsflow.errors import (
    CodeWrong,
    MethodNotAllowed,
    NotFound,
    OutcomeUnknown,
    OutsideHours,
    ParameterInvalid,
    Refused,
    SenderNotAllowed,
    Unauthenticated,
    Unavailable,
)
from smsflow.services.messages.reading import Shown
from smsflow.services.verifications import Code
from smsflow.web.http.errors import RETRY_AFTER, DoorError

CONTENT_TYPE = "application/json; charset=utf-8"
LIST_LIMIT = 1000
# The fields that hold a phone number: one request is about one.
NUMBERS = ("number", "phone_number")
_MOST_ECHOED = 100

STATUS_NAMES = {
    Status.RECEIVED: "Reçu",
    Status.SENT: "Envoyé",
    Status.DELIVERED: "Livré",
    Status.FAILED: "Échoué",
    Status.PLANNED: "Planifié",
    Status.EXPIRED: "Expiré",
    Status.CANCELLED: "Annulé",
    Status.UNKNOWN: "Indéterminé",
}

_RECEIVED, _PLANNED = STATUS_NAMES[Status.RECEIVED], STATUS_NAMES[Status.PLANNED]

CODE_STATE_NAMES = {
    CodeState.SENT: "Envoyé",
    CodeState.VALIDATED: "Validé",
    CodeState.EXPIRED: "Expiré",
    CodeState.BLOCKED: "Bloqué",
    CodeState.REPLACED: "Remplacé",
    CodeState.FAILED: "Échoué",
}

SENTENCES = {
    "parameter_missing": "Le paramètre « {parameter} » est obligatoire.",
    "parameter_invalid": "Le paramètre « {parameter} » n'a pas la bonne forme : il faut {expected}.",
    "parameter_repeated": (
        "Le paramètre « {parameter} » est donné plusieurs fois : chaque requête n'en prend qu'un ; faites une requête par numéro."
    ),
    "number_invalid": (
        "Le paramètre « {parameter} » n'est pas un numéro de téléphone valable, ni national ({country}) ni international : "
        "{number}."
    ),
    "number_not_mobile": "Le paramètre « {parameter} » n'est pas un numéro de mobile : {number}.",
    "message_too_long": "Le paramètre « {parameter} » fait {segments} segments ; la limite est de {limit}.",
    "date_out_of_range": (
        "Le paramètre « {parameter} » doit être un temps Unix en secondes, de maintenant à un an d'avance au plus."
    ),
    "body_unreadable": "Le corps de la requête est illisible : ce n'est pas du {content_type} entier et en UTF-8.",
    "no_route": "Le numéro {number} ne peut pas être atteint : aucune route n'y mène.",
    "code_expired": "Le code a expiré, demandez-en un nouveau",
    "code_blocked": "Le code est bloqué après trop d'essais faux, demandez-en un nouveau",
    "code_used": "Le code a déjà été utilisé, demandez-en un nouveau",
    "code_never_sent": "Aucun code n'a été envoyé à ce numéro",
    "token_invalid": "Le jeton est absent, inconnu, expiré ou révoqué : demandez-en un nouveau.",
    "login_failed": "Le nom d'utilisateur (username) ou le mot de passe (password) est incorrect.",
    "not_enough_credits": "Il n'y a pas assez de crédits : il en faut {needed}, il en reste {balance}.",
    "account_suspended": "Le compte est suspendu.",
    "sender_not_allowed": "Le paramètre « sender_id » nomme un expéditeur qui n'est pas autorisé pour ce compte : {sender}.",
    "country_not_allowed": "Le pays de destination {country} n'est pas autorisé pour ce compte.",
    "opted_out": "Le numéro {number} s'est désabonné : il ne reçoit plus ce type de SMS de votre société.",
    "outside_hours": "Un SMS marketing n'est pas admis à cette heure pour le numéro {number} : il l'est à partir du {opens}.",
    "daily_limit": "Le numéro {number} ne peut pas recevoir plus de {limit} SMS marketing ce jour-là.",
    "not_found": "Le paramètre « {parameter} » ne désigne {nothing} de votre société : {id}.",
    "method_not_allowed": "La méthode {method} n'est pas admise à cette adresse : utilisez {allowed}.",
    "body_too_large": "Le corps de la requête dépasse {limit} octets.",
    "content_type_unknown": (
        "Le type du corps de la requête est inconnu ({content_type}) : envoyez un formulaire, du multipart ou du JSON."
    ),
    "charset_unknown": "Le corps de la requête est annoncé en {charset}, qui n'est pas pris en charge : envoyez-le en UTF-8.",
    "too_many_requests": "Trop de requêtes : réessayez dans {retry_after} s.",
    "connector_disabled": (
        "Le numéro {number} ne peut pas être atteint en ce moment : la liaison avec l'opérateur est fermée ; rien n'est débité "
        "et rien ne sera envoyé ; réessayez dans {retry_after} s."
    ),
    "unavailable": (
        "La plateforme ne peut pas enregistrer la requête en ce moment : rien n'est débité et rien ne sera envoyé ; "
        "réessayez dans {retry_after} s."
    ),
    "outcome_unknown": (
        "La plateforme n'a pas pu s'assurer de l'enregistrement : l'envoi est peut-être accepté et débité ; "
        "vérifiez la liste de vos envois avant de réessayer."
    ),
}
REFUSED = "La requête est refusée."
NO_DEFAULT_SENDER = "Aucun expéditeur par défaut n'est autorisé pour ce compte."
NO_HOURS = "Aucune heure n'est ouverte aux SMS marketing de ce compte vers ce pays."
_WRONG_CODE = "Le code est incorrect"
_TRIES_LEFT = {0: " : il est désormais bloqué, demandez-en un nouveau", 1: " : il reste 1 essai"}
_BEARER = "L'en-tête « Authorization » commence par « {scheme} » : écrivez « Token », une espace, puis le jeton."
CODE_VALIDATED = "Le code a été validé"

_FAILURES = {
    400: "La requête HTTP est mal formée.",
    404: "Cette adresse n'existe pas : voyez la documentation à l'adresse /docs/.",
    408: "Le corps de la requête n'est pas arrivé à temps : envoyez-le à nouveau.",
    431: "L'en-tête de la requête est trop long.",
    500: "Une erreur interne s'est produite : la requête n'a pas abouti.",
}

_EXPECTED = {
    "message": "un texte en UTF-8 sans caractère nul",
    "campagn_id": "un nombre entier",
    "campaign_id": "un nombre entier",
    "planned_date": "un temps Unix en secondes, un nombre entier",
    "timeout": "un nombre entier de secondes, de 30 à 86400",
    "id": "l'identifiant rendu à l'envoi",
}
_EXPECTED_ELSE = "un texte"
_NOTHING = {"sms": ("id", "aucun SMS"), "code": ("id", "aucun code"), "campaign": ("campagn_id", "aucune campagne")}

encode = msgspec.json.Encoder().encode


def sentence(refusal: Refused) -> str:
    """Return what is wrong, in French."""
    details: dict[str, Any] = {name: _short(value) for name, value in refusal.details.items()}
    if isinstance(refusal, ParameterInvalid):
        details["expected"] = _EXPECTED.get(details["parameter"], _EXPECTED_ELSE)
    elif isinstance(refusal, NotFound):
        details["parameter"], details["nothing"] = _NOTHING.get(details["what"], ("id", "rien"))
    elif isinstance(refusal, CodeWrong):
        left = details["tries_left"]
        return _WRONG_CODE + _TRIES_LEFT.get(left, f" : il reste {left} essais")
    elif isinstance(refusal, Unauthenticated) and "scheme" in details:
        return _BEARER.format_map(details)
    elif isinstance(refusal, OutsideHours):
        opens = refusal.details["opens"]
        if opens is None:
            return NO_HOURS
        details["opens"] = opens if isinstance(opens, str) else f"{opens:%d-%m-%Y %H:%M}"
    elif isinstance(refusal, SenderNotAllowed) and not details["sender"]:
        return NO_DEFAULT_SENDER
    return SENTENCES.get(refusal.code, REFUSED).format_map(details)


def failure_sentence(failure: DoorError) -> str:
    """Return what is wrong with a request that none of our refusals is about, in French."""
    match failure.status:
        case 405:
            return sentence(MethodNotAllowed(method=failure.method, allowed=failure.allowed))
        case 503:
            return sentence((OutcomeUnknown if failure.begun else Unavailable)(retry_after=RETRY_AFTER))
        case status:
            return _FAILURES.get(status, REFUSED)


def _short(value: Any) -> Any:
    return value[:_MOST_ECHOED] if isinstance(value, str) else value


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def date(moment: datetime | None, timezone: str) -> str:
    """Return a date as customers read it, in their time zone; none is an empty text."""
    return "" if moment is None else _date_text(int(moment.timestamp()), timezone)


# A list of a thousand SMS has few distinct seconds, and strftime reads the time zone file every time.
@lru_cache(maxsize=10_000)
def _date_text(seconds: int, timezone: str) -> str:
    local = datetime.fromtimestamp(seconds, _zone(timezone))
    return f"{local.day:02}-{local.month:02}-{local.year:04} {local.hour:02}:{local.minute:02}:{local.second:02}"


class Error(msgspec.Struct):
    """Every error."""

    code: int
    message: str


class LoginReply(msgspec.Struct):
    """A new token."""

    token: str
    username: str
    code: int
    is_admin: bool
    company_name: str
    company_id: int


class SendReply(msgspec.Struct):
    """An SMS that was accepted; `total_sms` is an integer here."""

    message: str
    code: int
    sms_id: str
    status: str
    total_sms: int
    planned_date: str


class SmsRow(msgspec.Struct):
    """An SMS in a list; `total_sms` is a text here."""

    sms_id: str
    creation_date: str
    numero_destinataire: str
    total_sms: str
    campagne: str | None
    status: int
    sender: str
    planned_date: str
    status_name: str


class SmsReply(msgspec.Struct):
    """A list of SMS."""

    data: list[SmsRow]


class CodeReply(msgspec.Struct):
    """A code that was sent; `code` is a text here."""

    id: int
    code: str
    status: str
    numero: str


class CodeRow(msgspec.Struct):
    """A code in a list; `code` is an integer here."""

    id: int
    code: int
    timeout: int
    status_name: str
    phone_number: str


class CodesReply(msgspec.Struct):
    """A list of codes."""

    data: list[CodeRow]


class VerifiedReply(msgspec.Struct):
    """A code that was right."""

    code: int
    message: str


class BalanceReply(msgspec.Struct):
    """The credits that are left."""

    balance: int
    partner: str


def login_reply(token: str, user: User) -> bytes:
    """Return the reply to a login."""
    return encode(LoginReply(token, user.username, 200, user.is_admin, user.company_name, user.company_id))


def send_reply(message_id: int, segments: int, planned_date: str) -> bytes:
    """Return the reply to an SMS that was accepted, for a date or for now."""
    status = _PLANNED if planned_date else _RECEIVED
    return encode(SendReply("success", 200, public_id(message_id), status, segments, planned_date))


def sms_reply(shown: Iterable[Shown], timezone: str) -> bytes:
    """Return a list of SMS."""
    return encode(SmsReply([_sms_row(one, timezone) for one in shown]))


def _sms_row(shown: Shown, timezone: str) -> SmsRow:
    return SmsRow(
        public_id(shown.id),
        date(shown.created_at, timezone),
        shown.number,
        str(shown.segments),
        shown.campaign,
        shown.status,
        shown.sender,
        date(shown.planned_at, timezone),
        STATUS_NAMES[shown.status],
    )


def code_reply(code: Code) -> bytes:
    """Return the reply to a code that was sent."""
    return encode(CodeReply(code.id, code.code, CODE_STATE_NAMES[code.state], code.number))


def codes_reply(codes: Iterable[Code]) -> bytes:
    """Return a list of codes."""
    rows = [CodeRow(c.id, int(c.code), c.timeout, CODE_STATE_NAMES[c.state], c.number) for c in codes]
    return encode(CodesReply(rows))


def verified_reply() -> bytes:
    """Return the reply to the right code."""
    return encode(VerifiedReply(200, CODE_VALIDATED))


def balance_reply(balance: int, partner: str) -> bytes:
    """Return the reply about the credits."""
    return encode(BalanceReply(balance, partner))


def error(status: int, message: str) -> bytes:
    """Return the body of an error."""
    return encode(Error(status, message))
