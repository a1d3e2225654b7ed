"""Opt-outs: what they forbid, and what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain.message import Kind
from smsflow.domain.optout import Command, Scope, command, first_words, forbids


@pytest.mark.parametrize(
    ("scope", "kind", "expected"),
    [
        (Scope.MARKETING, Kind.MARKETING, True),
        (Scope.MARKETING, Kind.TRANSACTIONAL, False),
        (Scope.MARKETING, Kind.OTP, False),
        (Scope.ALL, Kind.MARKETING, True),
        (Scope.ALL, Kind.TRANSACTIONAL, True),
        (Scope.ALL, Kind.OTP, False),
    ],
)
def test_a_scope_forbids_its_kinds_and_never_a_code(scope, kind, expected):
    assert forbids(scope, kind) is expected


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop",
        "sToP",
        " stop ",
        "STOP.",
        "stop!!!",
        "« Stop »",
        '"STOP"',
        "“stop”",
        "*STOP*",
        "stop :)",
        "STOP 🙏",
        "🛑 stop",
        "S.T.O.P",
        "s t o p",
        "ＳＴＯＰ",
        "\u200eSTOP\u200f",
        "ＳＴＯＰ ",
        "STOP\r\n",
        "\n\nstop",
        "STOP36180",
        "STOP 36180",
        "stop8040",
        "STOP au 8040",
        "Stop svp",
        "stop SVP !",
        "svp stop",
        "STOP s'il vous plaît",
        "stop s’il te plait",
        "STOP PLEASE",
        "stop merci",
        "Merci, stop",
        "STOP SMS",
        "stop pub",
        "stop les pubs svp",
        "STOP tous les messages",
        "stop stop stop",
        "STOP ORANGE",
        "boutique stop",
        "Bonjour stop",
        "STOP\nJean Dupont",
        "Stop\n\nEnvoyé de mon iPhone",
        "arret",
        "Arrêt",
        "ARRÊT",
        "arre\u0302t",
        "arrêter svp",
        "Arrêtez",
        "arrêtez les sms",
        "arrêtez vos messages svp",
        "stoppez svp",
        "stopper",
        "désabo",
        "DESABO",
        "désabonner",
        "désabonnement",
        "Je veux me désabonner",
        "désabonnez-moi",
        "Je me désabonne",
        "Veuillez me désinscrire svp",
        "Veuillez arrêter svp",
        "Arrêtez de m'envoyer des messages",
        "Arrêtez de m’écrire",
        "Retirez-moi de votre liste svp",
        "Supprimez mon numéro",
        "remove me please",
        "Stop-pub",
        "stop-svp",
        "STOP-ALL",
        "desinscription",
        "désinscrire",
        "unsubscribe",
        "UNSUBSCRIBE me",
        "unsub",
        "opt-out",
        "Opt\u2011out please",
        "optout",
        "quit",
        "cancel",
        "fin",
        "FIN.",
        "fin svp",
        "end",
        "stop start",
        "stop aide",
    ],
)
def test_a_person_who_says_stop_is_understood(text):
    assert command(text) is Command.STOP


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "🛑",
        "non-stop",
        "Non stop",
        "non\u2011stop",
        "nonstop",
        "stoppez le projet demain",
        "stop le projet demain matin",
        "On s'arrête où ?",
        "ne pas stop",
        "don't stop",
        "Don’t stop",
        "jamais stop",
        "arrêt Mokolo",
        "arrêt de bus",
        "la fin du mois",
        "fin mars",
        "week-end",
        "weekend end 2026",
        "one-stop shop",
        "stop-motion",
        "stopwatch",
        "enfin",
        "bonne fin de journée",
        "cancel my order 12",
        "supprimez ma commande",
        "retirez le colis",
        "Retirer",
        "annuler mon envoi",
        "supprimez le svp",
        "livrez-moi demain",
        "Veuillez m'envoyer la liste",
        "Bonjour, quand est-ce que le magasin ouvre demain ?",
        "je descends au prochain stop devant la boulangerie",
        "Merci\nSTOP",
        "start demain",
        "info livraison colis",
        "8040",
        "oui",
        "stop " * 9,
        "x" * 100_000,
    ],
)
def test_a_text_for_a_person_to_read_is_no_command(text):
    assert command(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "START",
        "start svp",
        "Start!",
        "unstop",
        "réabo",
        "Réabonner",
        "réabonnement svp",
        "opt-in",
        "subscribe",
        "reprendre",
        "ABO",
        "Réinscription",
    ],
)
def test_a_person_can_come_back(text):
    assert command(text) is Command.START


@pytest.mark.parametrize("text", ["HELP", "help!", "Aide", "AIDE SVP", "aide ?", "info", "Infos svp", "help me please"])
def test_a_person_can_ask_for_help(text):
    assert command(text) is Command.HELP


@pytest.mark.parametrize(
    "text", ["STOP BAZAR", "bazar stop", "Bazar STOP svp", "bazar, arrêt", "STOP", "STOPBAZAR", "Stop la pub Bazar svp"]
)
def test_the_keyword_of_a_company_may_stand_beside_a_command(text):
    assert command(text, keyword="BAZAR") is Command.STOP


def test_a_keyword_alone_is_no_command():
    assert command("Bazar", keyword="bazar") is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("BAZAR stop", "bazar"),
        ("\n Été: oui", "ete"),
        ("", ""),
        ("?!", ""),
        ("opt-out", "optout"),
        ("Promo2026 oui", "promo2026"),
    ],
)
def test_a_shared_number_finds_its_company_by_the_first_word(text, word):
    assert first_words(text, 1) == ([word] if word else [])


@given(st.text())
def test_any_text_has_an_answer(text):
    assert command(text) in {*Command, None}


@given(
    st.sampled_from(["stop", "arrêt", "désabo", "fin"]),
    st.sampled_from("!.,;:?…-–« »\"'()*#🙏\u00a0\u200b\t"),
    st.integers(0, 3),
)
def test_case_and_punctuation_around_change_nothing(word, mark, times):
    for spelt in (word, word.upper(), word.title()):
        assert command(mark * times + spelt + mark * times) is Command.STOP
