"""The metrics, events and commands of docs/operate.md exist."""

import re
from pathlib import Path

from prometheus_client import Counter

from smsflow import observe
from smsflow.cli.app import COMMANDS, load

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *(REPOSITORY / "docs" / name for name in ("install.md", "operate.md"))]


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


def test_every_command_that_is_shown_exists():
    shown = {
        tuple(words)
        for page in PAGES
        for words in re.findall(r"(?<![/\w-])smsflow ([a-z]+)(?: ([a-z]+))?(?=[ `\n])", page.read_text("utf-8"))
        if words[0] in COMMANDS
    }

    assert len(shown) > 15
    for noun, verb in shown:
        command = load(noun)
        assert not verb or not hasattr(command, "commands") or verb in command.commands, f"smsflow {noun} {verb}"
