"""Every call has a sample in every language, and values go where the placeholders are."""

import re

import pytest

from smsflow.web.api_v2.calls import API
from smsflow.web.docs import programs
from smsflow.web.docs.markup import program

EVERY_SAMPLE = [
    pytest.param(language, call, id=f"{language.name}-{call.name}")
    for language in programs.LANGUAGES
    for call in API.calls
]


@pytest.mark.parametrize(("language", "call"), EVERY_SAMPLE)
def test_a_sample_calls_its_path_on_the_placeholder_server(language, call):
    text = programs.source(language, call.name)

    assert programs.PLACEHOLDERS["server"] + call.path in text
    assert ("VOTRE_TOKEN" in text) == call.needs_token
    for parameter in call.parameters:
        assert parameter.name in text or not parameter.mandatory


@pytest.mark.parametrize(("language", "call"), EVERY_SAMPLE)
def test_the_page_marks_every_placeholder_of_a_sample(language, call):
    text = programs.source(language, call.name)

    html = program(text, language.lexer, {})

    assert re.findall(r'data-slot="(\w+)"', html) == programs.slots(text)
    assert "server" in programs.slots(text)


@pytest.mark.parametrize(("language", "call"), EVERY_SAMPLE)
def test_no_sample_is_left_with_a_placeholder_once_all_have_values(language, call):
    values = {name: f"value-of-{number}" for number, name in enumerate(programs.PLACEHOLDERS)}

    filled = programs.fill(programs.source(language, call.name), values)

    assert programs.slots(filled) == []


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    filled = programs.fill("https://VOTRE-SERVEUR/?id=1042", {"server": "http://localhost:1042", "code_id": "7"})

    assert filled == "http://localhost:1042/?id=7"


@pytest.mark.parametrize("value", ["a'b", 'a"b', "a\\b", "a`b", "$HOME", "a\nb"])
def test_a_value_that_could_end_a_string_is_refused(value):
    with pytest.raises(ValueError, match="cannot quote"):
        programs.fill("VOTRE_TOKEN", {"token": value})


def test_an_unknown_placeholder_is_refused():
    with pytest.raises(ValueError, match="no placeholder is called colour"):
        programs.fill("VOTRE_TOKEN", {"colour": "green"})


def test_a_value_is_escaped_on_the_page():
    html = program("curl 'https://VOTRE-SERVEUR/'", "bash", {"server": "<b>&"})

    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
