"""The answers to STOP, START and HELP."""

from dataclasses import replace

import pytest

from smsflow.domain import segments
from smsflow.domain.account import Company
from smsflow.domain.optout import Command
from smsflow.domain.optout_replies import check, reply
from smsflow.errors import ParameterInvalid

COMPANY = Company(1, "Boutique Awa", "CM", "Africa/Douala")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("command", Command)
def test_each_of_our_answers_is_one_segment_and_names_the_company(language, command):
    text = reply(replace(COMPANY, language=language), command, keyword="boutique")

    assert segments.count(text) == 1
    assert COMPANY.name in text


def test_on_a_shared_number_the_words_have_the_keyword_behind_them():
    assert "START BOUTIQUE" in reply(COMPANY, Command.STOP, keyword="boutique")
    assert "STOP BOUTIQUE" in reply(COMPANY, Command.START, keyword="boutique")
    assert "START." in reply(COMPANY, Command.STOP, keyword=None)


def test_a_company_answers_in_its_own_words():
    own = replace(COMPANY, stop_reply="Au revoir de {company}. {start} pour revenir.")

    assert reply(own, Command.STOP, keyword=None) == "Au revoir de Boutique Awa. START pour revenir."
    assert reply(own, Command.HELP, keyword=None) == reply(COMPANY, Command.HELP, keyword=None)


def test_an_answer_with_a_variable_that_no_answer_has_is_refused():
    assert check("{company}: {stop}") == "{company}: {stop}"
    with pytest.raises(ParameterInvalid):
        check("Bonjour {prenom}")
