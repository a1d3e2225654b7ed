import re
from datetime import UTC, datetime, timedelta

import pytest

from smsflow.web.console.shell.locale import CONSOLE, Locale, catalogue, french, phone

FR, EN = Locale("fr"), Locale("en")
CALLS = re.compile(r"""\b(?:_|gettext)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
PLURALS = re.compile(r"""\b(?:n_|ngettext)\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)\"""")


def written():
    """Every sentence that stands in the console's templates and code."""
    for file in [*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")]:
        for found in [*CALLS.finditer(file.read_text()), *PLURALS.finditer(file.read_text())]:
            yield found[1] or found[2], file


@pytest.mark.parametrize("sentence", sorted({s for s, _ in written()}))
def test_every_sentence_has_its_french(sentence):
    assert sentence in french()


def test_every_french_has_its_sentence():
    package = CONSOLE.parents[1]
    sources = "\n".join(path.read_text() for path in package.rglob("*") if path.suffix in {".py", ".html", ".js"})
    sources = re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*"', "", sources)).replace('\\"', '"')

    messages = [message for file in CONSOLE.rglob("fr.po") for message in catalogue(file)]
    sentences = {i for m in messages for i in ((m.id,) if isinstance(m.id, str) else m.id)}
    assert sorted(s for s in sentences if re.sub(r"\s+", " ", s) not in sources) == []


def test_one_sentence_has_one_french_everywhere():
    seen = {}
    for file in CONSOLE.rglob("fr.po"):
        for message in catalogue(file):
            key = message.id if isinstance(message.id, str) else message.id[0]
            if key:
                assert seen.setdefault(key, message.string) == message.string, (file, key)


def test_a_translation_has_the_values_of_its_sentence():
    for file in CONSOLE.rglob("fr.po"):
        for message in catalogue(file):
            if isinstance(message.id, str) and message.id:
                assert set(re.findall(r"{\w+}", message.id)) == set(re.findall(r"{\w+}", message.string)), message.id


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [
        (0, "0", "0"),
        (1234, "1\u202f234", "1,234"),
        (-19204, "\u221219\u202f204", "\u221219,204"),
        (10**7, "10\u202f000\u202f000", "10,000,000"),
    ],
)
def test_numbers_have_their_thousands_apart(value, fr, en):
    assert (FR.number(value), EN.number(value)) == (fr, en)


@pytest.mark.parametrize(("n", "said"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours"), (1200, "1\u202f200 jours")])
def test_french_counts_nothing_as_one(n, said):
    assert FR.ngettext("{n} day", "{n} days", n) == said


def test_times_are_those_of_the_readers_zone():
    assert FR.time(datetime(2026, 11, 26, 23, 30, tzinfo=UTC)) == "27/11/2026 00:30"
    assert FR.read_time("27/11/2026 00:30") == datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert FR.read_time("2026-11-27T00:30") == datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert FR.read_time("demain") is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(41, "41\u00a0s"), (232, "3\u00a0min 52\u00a0s"), (7500, "2\u00a0h\u00a005"), (12 * 86400, "12 jours")],
)
def test_durations_are_said_shortly(seconds, said):
    assert FR.duration(timedelta(seconds=seconds)) == said


def test_numbers_of_phones_are_in_groups():
    assert phone("+237699041827") == "+237\u00a06\u00a099\u00a004\u00a018\u00a027"
