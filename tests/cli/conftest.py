import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.database import SECRET_KEY


class Shell:
    """Runs commands in this process on the test's database, and keeps what the last one printed."""

    def __init__(self, environment):
        self.environment = environment

    def __call__(self, *arguments, stdin=None, code=0):
        from smsflow.cli.app import app

        result = CliRunner().invoke(app, list(arguments), input=stdin, env=self.environment)
        assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
        self.out, self.err = result.stdout, result.stderr
        return self.out

    def json(self, *arguments, stdin=None, code=0):
        return json.loads(self(*arguments, "--json", stdin=stdin, code=code))


@pytest.fixture
def environment(tmp_path):
    return {"SMSFLOW_DATA_DIR": str(tmp_path), "SMSFLOW_SECRET_KEY": SECRET_KEY, "TERMINAL_WIDTH": "200"}


@pytest.fixture
def smsflow(environment, database_url):
    return Shell({**environment, "SMSFLOW_DATABASE_URL": database_url})


@pytest.fixture
def shell(environment):
    """Runs commands that never come to a database."""
    return Shell({**environment, "SMSFLOW_DATABASE_URL": "postgresql://u@127.0.0.1:1/x"})


@pytest.fixture
def process():
    """Run the command as a process of its own."""

    def run(*arguments, **environment):
        command = [sys.executable, "-m", "smsflow", *arguments]
        return subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
        )

    return run
