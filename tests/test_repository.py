import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from smsflow import settings

ROOT = Path(__file__).parent.parent
LOCKS = ["requirements.lock", "requirements-test.lock"]
MODULES = sorted(path for path in (ROOT / "smsflow").rglob("*.py") if "samples" not in path.parts)
SCRIPTS = [ROOT / ".ci" / "run", *sorted((ROOT / "script").iterdir())]
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_host(lock):
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|^--(?!hash)|\bindex\b|find-links|trusted-host|@ ", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_hashes(lock):
    blocks = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text())[1:]

    assert len(blocks) > 40
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_tests_use_the_versions_that_run():
    run, test = ({*REQUIREMENT.findall((ROOT / lock).read_text())} for lock in LOCKS)

    assert run - test == set()


def test_the_locks_hold_every_dependency_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    tested = project["project"]["optional-dependencies"]["test"]
    run, test = ({name for name, _ in REQUIREMENT.findall((ROOT / lock).read_text())} for lock in LOCKS)

    assert {re.split(r"[\[<>=~!; ]", line)[0] for line in wanted} - run == set()
    assert {re.split(r"[\[<>=~!; ]", line)[0] for line in tested} - test == set()


def test_the_page_of_settings_is_what_the_settings_say():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert page == settings.table(), "run: python -m smsflow.settings > docs/settings.md"


def test_no_module_has_a_name_that_says_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

    assert [str(path) for path in MODULES if vague & {path.stem, *path.relative_to(ROOT).parts}] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_opens_with_a_sentence(module):
    sentence = ast.get_docstring(parsed(module))

    assert sentence
    assert sentence.split("\n\n")[0].endswith((".", ":"))


@pytest.mark.processes
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_executed_and_its_shell_understands_it(script):
    assert script.stat().st_mode & 0o111
    subprocess.run([script.read_text().splitlines()[0].split()[-1].removeprefix("#!"), "-n", script], check=True)


def test_a_class_name_stands_once_in_the_package():
    places = defaultdict(list)
    for module in MODULES:
        for node in ast.walk(parsed(module)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(module.relative_to(ROOT)))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_row_is_read_by_names():
    """Unpacked in place, or as a record; `row[3]` says nothing."""
    by_index = {
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"r", "row"}
        and isinstance(node.slice, ast.Constant)
    }

    assert by_index == set()


def test_a_rule_is_cited_with_the_document_it_stands_in():
    cited = re.compile(r"(?<!docs/smpp\.md, )\brules? \d")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]

    assert [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in [*MODULES, *tests]
        for line in path.read_text(encoding="utf-8").splitlines()
        if cited.search(line)
    ] == []


def test_a_sentence_begins_with_its_subject():
    """Not with a clause in its place: "Who does not read is cut off" is "Close connections whose client stops reading"."""
    begins = re.compile(r"(?:^|[.!?]\s+)(?:So(?! that)|Wh(?:at|atever|ich|ichever|o|oever|om|ose))\b")
    said = []
    for path in [*MODULES, *(path for room in ("tests", "bench") for path in (ROOT / room).rglob("*.py"))]:
        texts = re.findall(r"^(?:.*  | *)# (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
        texts += [
            node.value.value.strip()
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        ]
        said += [f"{path.relative_to(ROOT)}: {text}" for text in texts if begins.search(text)]

    assert said == []


def test_the_index_of_decisions_names_each():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2] for path in decisions]

    rows = [f"| [{int(path.name[:4])}]({path.name}) | {title} |" for path, title in zip(decisions, titles, strict=True)]

    assert [line for line in index.splitlines() if line.startswith("| [")] == rows


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "docs/recipes.md"])
def test_a_page_for_developers_names_only_files_that_exist(page):
    named = re.findall(r"`((?:smsflow|tests|docs|script|\.ci)/[\w./-]*)`", (ROOT / page).read_text(encoding="utf-8"))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_subject_of_the_store_is_behind_the_services():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (doors,) = [c for c in contracts if c["name"] == "Doors and commands reach the rows through services"]
    subjects = {f"smsflow.store.{path.stem}" for path in (ROOT / "smsflow" / "store").iterdir() if path.stem[0] != "_"}

    assert {*doors["forbidden_modules"]} == subjects - {"smsflow.store.migrations", "smsflow.store.postgres"}


def test_the_clock_of_a_node_is_read_in_one_place_and_decides_nothing():
    """ADR 8. The simulated operator is another's machine, and has its own."""
    reads = re.compile(
        r"datetime\.now\(|\btime\.time\(|\.today\(|\bruntime\.now\b|from smsflow\.runtime import .*\bnow\b"
    )
    ours = [m for m in MODULES if "simulator" not in m.parts and m.name != "testing.py"]

    assert [m.name for m in ours if reads.search(m.read_text(encoding="utf-8"))] == ["runtime.py"]


def test_services_take_the_transaction_and_only_the_intake_opens_one():
    openers = {
        str(path.relative_to(ROOT / "smsflow" / "services"))
        for path in (ROOT / "smsflow" / "services").rglob("*.py")
        if re.search(r"import .*\bDatabase\b|\.(transaction|autocommit|session)\(", path.read_text(encoding="utf-8"))
    }

    assert openers == {"messages/intake.py"}


def test_a_migration_has_a_number_of_its_own_and_follows_the_one_before():
    names = sorted(path.name for path in (ROOT / "smsflow/store/migrations/versions").glob("[0-9]*.py"))

    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
