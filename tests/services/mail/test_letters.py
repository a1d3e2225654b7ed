"""Letters: both languages, and nothing that somebody typed becomes a header."""

import string

import pytest

from smsflow.services.mail.letters import _letters, letter


@pytest.mark.parametrize("name", sorted(_letters()))
def test_a_letter_has_both_languages_with_the_same_values(name):
    french, english = (
        {field for part in _letters()[name][language].values() for _, field, _, _ in string.Formatter().parse(part)}
        for language in ("fr", "en")
    )

    assert french == english


def test_a_value_of_several_lines_becomes_one():
    written = letter("reset", "fr", username="awa\r\nBcc: all@example.com", link="https://x.example/r")

    assert "awa Bcc: all@example.com pour" not in written.subject
    assert "\nBcc" not in written.text
