"""The French sentences of the v2 API about refused requests."""

from typing import Any

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
from smsflow.web.http.errors import RETRY_AFTER, DoorError

_MOST_ECHOED = 100

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
