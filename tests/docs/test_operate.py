"""The metrics and events of docs/operate.md, and the commands of every page, exist."""

import re
from pathlib import Path

from prometheus_client import Counter

from smsflow import observe
from smsflow.cli.app import COMMANDS, load

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def test_every_metric_is_explained():
    page = (REPOSITORY / "docs/operate.md").read_text("utf-8")

    ours = [f"{c._name}_total" if isinstance(c, Counter) else c._name for c in observe.registry._collector_to_names]
    assert ours
    assert [name for name in ours if f"`{name}`" not in page] == []


def test_every_event_that_is_explained_is_logged():
    page = (REPOSITORY / "docs/operate.md").read_text("utf-8")
    logs = page.partition("## Logs")[2].partition("## Metrics")[0]
    sources = "\n".join(file.read_text("utf-8") for file in (REPOSITORY / "smsflow").rglob("*.py"))

    explained = [
        name for row in re.findall(r"^\| (`.*?) \|", logs, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert explained
    assert [name for name in explained if f'"{name}"' not in sources] == []


def test_every_warning_that_is_logged_is_explained():
    page = (REPOSITORY / "docs/operate.md").read_text("utf-8")
    sources = "\n".join(file.read_text("utf-8") for file in (REPOSITORY / "smsflow").rglob("*.py"))

    warnings = set(re.findall(r"log\.(?:warning|error|exception|critical)\(\s*\"(\w+)\"", sources))
    assert warnings
    assert sorted(name for name in warnings if f"`{name}`" not in page) == []


def test_every_command_that_is_shown_exists_with_its_options():
    shown = {
        tuple(line.partition("#")[0].split())
        for page in PAGES
        for line in re.findall(r"(?<![/\w-])smsflow ([a-z][^`\n]*)", page.read_text("utf-8"))
        if line.split()[0] in COMMANDS
    }

    assert len(shown) > 50
    for noun, *words in shown:
        command = load(noun)
        if words and hasattr(command, "commands") and re.fullmatch(r"[a-z|-]+", words[0]):
            verbs = words.pop(0).split("|")
            assert set(verbs) <= set(command.commands), f"smsflow {noun} {verbs}"
            command = command.commands[verbs[0]]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help", "--json"}
        given = {re.match(r"--[a-z-]+", word)[0] for word in words if re.match("--[a-z]", word)}
        assert given <= options, f"smsflow {noun} {' '.join(words)}"
