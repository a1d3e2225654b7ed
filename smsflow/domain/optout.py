"""Opting out: whom it keeps from which SMS, and the words by which a person asks for it by SMS."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from smsflow.domain.message import Kind


class Scope(StrEnum):
    """The kinds of SMS that an opt-out covers."""

    MARKETING = "marketing"
    ALL = "all"


class Command(StrEnum):
    """The request of a person by SMS."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_FORBIDDEN = {
    Scope.MARKETING: frozenset({Kind.MARKETING}),
    # A code leaves because the person asks for it at that moment.
    Scope.ALL: frozenset({Kind.MARKETING, Kind.TRANSACTIONAL}),
}


# The reason of an SMS that was cancelled for its reader, as it is stored.
OPTED_OUT = "the recipient has opted out"


def forbids(scope: Scope, kind: Kind) -> bool:
    """Tell whether somebody who opted out with this scope gets no SMS of this kind."""
    return kind in _FORBIDDEN[scope]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# These say it whatever one word stands beside them: "stop Orange".
_PLAIN_STOP = _words(
    "stop stopall unsubscribe unsub desabo desabonner desabonnement desabonnez desabonne desabonnes optout"
)
# These are words of other sentences too ("arrêt Mokolo", "la fin"): only courtesies may stand beside them.
_STOP = _PLAIN_STOP | _words(
    """stopp stops stopper stoppez stope arret arrets arreter arretez arrete arretes desinscrire desinscription desinscrit
    desinscrivez desinscris desactiver desactivation resilier resiliation fin end quit quitter cancel annuler""",
)
# These say it of oneself: "retirez-moi", "supprimez mon numéro"; alone they may be said of anything.
_REMOVE = _words("retirer retirez enlever enlevez supprimer supprimez remove delete")
_ONESELF = _words("me m moi numero numeros number liste listes list")
_START = _words(
    "start unstop restart subscribe abo reabo abonner reabonner abonnement reabonnement inscription reinscription optin reprendre reprise"
)
_HELP = _words("help aide info infos information informations")

_COURTESIES = _words(
    """svp stp please pls plz merci thanks thx thank you s il si vous te plait plais bonjour bonsoir hello hi salut
    sms smss pub pubs publicite publicites message messages msg msgs texto textos promo promos spam marketing ads mail
    le la les l un une des du de d vos votre tes ton ces cet ce your the all tout tous toutes toute a au aux to from me m moi je j
    i veux voudrais want souhaite demande now maintenant veuillez pouvez merci mon ma numero numeros liste listes
    envoyer ecrire my number list""",
)
_NEGATIONS = _words("non no not ne n pas dont don jamais never sans without aucun rien")

_KNOWN = _STOP | _REMOVE | _START | _HELP | _COURTESIES

# More words are a sentence, and a person must read it.
MOST_WORDS = 8

_WORD = re.compile(r"[^\W_]+(?:[-][^\W_]+)*")
_WITH_NUMBER = re.compile(r"(stop)\d{1,8}")
_JOINED = {"opt-out": "optout", "opt-in": "optin", "re-abo": "reabo", "des-abo": "desabo"}


def command(text: str, *, keyword: str | None = None) -> Command | None:
    """Return what an inbound SMS asks for; None is for a person to read. `keyword` is that of the company on a shared number.

    The first line decides: the others are a signature or the text that was answered. STOP wins over the others.
    """
    words = _first_words(text)
    if keyword is not None:
        own = fold(keyword)
        # "STOPAWA" is "STOP AWA".
        words = ["stop" if word == f"stop{own}" else word for word in words if word != own]
    if not 0 < len(words) <= MOST_WORDS or _NEGATIONS & set(words):
        return None
    others = [word for word in words if word not in _COURTESIES]
    if any(word in _STOP for word in others):
        rest = [word for word in others if word not in _STOP]
        if _PLAIN_STOP & set(others):
            # "STOP au 8040": the number that was written to.
            rest = [word for word in rest if not word.isdecimal()]
            return Command.STOP if not rest or len(words) == 2 else None
        return None if rest else Command.STOP
    if others and _REMOVE.issuperset(others) and _ONESELF & set(words):
        return Command.STOP
    for meaning, vocabulary in ((Command.START, _START), (Command.HELP, _HELP)):
        if others and vocabulary.issuperset(others):
            return meaning
    return None


def first_words(text: str, most: int) -> list[str]:
    """Return the first words of an inbound SMS, folded: among them is the keyword by which a shared number finds its company."""
    return _first_words(text)[:most]


def fold(word: str) -> str:
    """Return a word in lower case, without accents, in plain letters."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")


def _first_words(text: str) -> list[str]:
    """Return the words of the first line that has some; hyphens hold words together, other punctuation parts them."""
    for line in text.splitlines():
        folded = "".join("-" if unicodedata.category(c) == "Pd" else c for c in fold(line))
        if words := _WORD.findall(folded):
            return _joined(words)
    return []


def _joined(words: Sequence[str]) -> list[str]:
    """Return words parted and put together as they are meant: "S.T.O.P", "opt-out", "STOP36180"."""
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return ["".join(words)]
    parted: list[str] = []
    for word in words:
        parts = word.split("-")
        match = _WITH_NUMBER.fullmatch(word)
        # "désabonnez-moi" and "stop-pub" are two words; "non-stop" and "stop-motion" are one.
        parted += [match[1]] if match else parts if _KNOWN.issuperset(parts) else [_JOINED.get(word, word)]
    return parted
