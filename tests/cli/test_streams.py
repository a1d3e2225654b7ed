import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def command(environment, database_url):
    """Run a command as a process of its own on the test's database, with standard output where the test wants it."""

    def run(*arguments, stdout=subprocess.PIPE):
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        return subprocess.run(
            [sys.executable, "-m", "smsflow", *arguments],
            env={**buffered, **environment, "SMSFLOW_DATABASE_URL": database_url},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def a_pipe_that_nobody_reads():
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.fixture
def a_full_disk():
    with Path("/dev/full").open("w") as full:
        yield full


def companies(command):
    return json.loads(command("company", "list", "--json").stdout)["companies"]


def test_a_closed_pipe_ends_quietly_and_what_was_done_is_done(command, a_pipe_that_nobody_reads):
    done = command("company", "add", "Awa", stdout=a_pipe_that_nobody_reads)

    assert (done.returncode, done.stderr) == (0, "")
    assert [c["name"] for c in companies(command)] == ["Awa"]


def test_a_long_list_into_a_closed_pipe_ends_quietly(command, a_pipe_that_nobody_reads):
    done = command("smsc", "--help", stdout=a_pipe_that_nobody_reads)
    listed = command("connector", "list", stdout=a_pipe_that_nobody_reads)

    assert done.stderr == ""
    assert (listed.returncode, "Traceback" in listed.stderr) == (0, False)


def test_output_on_a_full_disk_is_not_written_and_what_was_done_is_done(command, a_full_disk):
    done = command("company", "add", "Awa", "--json", stdout=a_full_disk)

    assert done.returncode == 1
    assert done.stderr == "smsflow: done, but the output could not be written (No space left on device).\n"
    assert [c["name"] for c in companies(command)] == ["Awa"]


def test_help_on_a_full_disk_is_a_sentence(command, a_full_disk):
    done = command("--help", stdout=a_full_disk)

    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failure_is_a_document_with_json(command):
    missing = command("company", "show", "9", "--json")
    wrong = command("company", "show", "0", "--json")
    unknown = command("compny", "list", "--json")

    assert (missing.returncode, missing.stdout) == (1, "")
    assert json.loads(missing.stderr) == {"error": {"code": "not_found", "message": "There is no company 9."}}
    assert (wrong.returncode, json.loads(wrong.stderr)["error"]["code"]) == (2, "usage")
    assert "company" in json.loads(unknown.stderr)["error"]["message"]
