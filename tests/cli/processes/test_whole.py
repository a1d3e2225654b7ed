import inspect
import json
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from smsflow import datadir
from smsflow.cli.app import COMMANDS, load
from smsflow.runtime import now
from smsflow.store.postgres.transactions import libpq_url
from tests.database import SECRET_KEY


def states(report):
    return {finding["what"]: finding["state"] for finding in report["findings"]}


def test_help_names_every_command_without_loading_them(process):
    code = "import sys; sys.argv = ['smsflow', '--help']\ntry:\n from smsflow.cli import main; main()\nfinally:\n"
    code += " print([m for m in ('sqlalchemy', 'psycopg', 'phonenumbers', 'uvicorn', 'falcon') if m in sys.modules], file=sys.stderr)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert all(name in shown.stdout for name in COMMANDS)
    assert shown.stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_once_in_the_same_words(name):
    assert inspect.cleandoc(load(name).help or "").splitlines()[0] == COMMANDS[name][2]


def test_a_database_that_is_away_is_one_sentence(process, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://u:hush@127.0.0.1:{free.getsockname()[1]}/x"
        told = process("company", "list", **environment, SMSFLOW_DATABASE_URL=url)

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("smsflow: the database does not answer")
    assert "Traceback" not in told.stderr
    assert "hush" not in told.stderr


def test_a_wrong_setting_is_one_sentence(process, environment):
    told = process("company", "list", **environment, SMSFLOW_PORT="many")

    assert told.returncode == 1
    assert told.stderr.startswith("smsflow: SMSFLOW_PORT is wrong")
    assert "Traceback" not in told.stderr


def test_a_database_without_tables_says_migrate(smsflow, database_url):
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("DROP TABLE campaign, sender CASCADE")

    smsflow("company", "list", code=1)

    assert "smsflow migrate" in smsflow.err


def test_migrate_can_be_run_again(smsflow):
    assert smsflow.json("migrate") == {"migrated": True}


def test_a_busy_port_of_the_simulator_is_one_sentence(process):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = process("smsc", "--port", str(taken.getsockname()[1]))

    assert told.returncode == 1
    assert told.stderr.startswith("smsflow: the port is busy")


@pytest.mark.processes
def test_the_simulator_ends_at_sigterm():
    command = [sys.executable, "-m", "smsflow", "smsc", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        line = next(line for line in running.stderr if "listens on" in line)
        running.send_signal(signal.SIGTERM)

        assert running.wait(10) == 0
    assert "127.0.0.1:" in line


def test_the_ledger_that_does_not_add_up_is_1_with_the_difference(smsflow, database_url):
    smsflow("company", "add", "Awa", "--credits", "10")
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("UPDATE company SET balance = 12")

    proof = smsflow.json("ledger", "check", code=1)

    assert [(b["where"], b["expected"], b["found"]) for b in proof["broken"]] == [("company 1", 10, 12)]
    assert "does not add up" in smsflow("ledger", "check", code=1)


def test_doctor_finds_everything_well(smsflow, database_url):
    smsflow("company", "add", "Awa", "--sender", "AWA")
    add = ["connector", "add", "op", "--smpp", "127.0.0.1:9", "--system-id", "me", "--password-stdin"]
    smsflow(*add, stdin="secret\n")
    smsflow("route", "add", "--connector", "op", "--country", "CM")
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("INSERT INTO instance (id, host, pid, started_at) VALUES (1, 'here', 1, now())")
        connection.execute("SELECT pg_advisory_lock(7301, 1)")
        connection.execute("INSERT INTO bind_state VALUES (1, 0, 1, 'bound', 'bound to op', now())")
        for role in ("web", "jobs"):
            connection.execute("INSERT INTO process VALUES (%s, 'here', 1, now(), now(), 0.1)", [role])

        report = smsflow.json("doctor")

    assert report["healthy"] is True
    assert set(states(report).values()) == {"ok"}


def test_doctor_finds_what_is_missing_and_says_what_to_do(smsflow):
    smsflow("company", "add", "Awa")

    report = smsflow.json("doctor", code=1)

    wrong = [(f["what"], f["do"]) for f in report["findings"] if f["state"] == "wrong"]
    assert wrong == [
        ("company 1 (Awa)", "give it one: smsflow sender add 1 NAME --default"),
        ("company 1 (Awa)", "add one: smsflow route add --connector NAME --country CM"),
        ("routes", "smsflow route add --connector NAME"),
        ("web", "start it: smsflow run, or smsflow web"),
        ("dispatch", "start it: smsflow run"),
        ("jobs", "start it: smsflow run, or smsflow jobs"),
    ]


def test_doctor_finds_a_route_that_leads_nowhere_and_a_bind_that_is_lost(smsflow, database_url):
    smsflow("company", "add", "Awa", "--sender", "AWA")
    for name in ("op", "shut"):
        add = ["connector", "add", name, "--smpp", "127.0.0.1:9", "--system-id", name, "--password-stdin"]
        smsflow(*add, stdin="secret\n")
        smsflow("route", "add", "--connector", name)
    smsflow("connector", "disable", "shut")
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("INSERT INTO instance (id, host, pid, started_at) VALUES (1, 'here', 1, now())")
        connection.execute("SELECT pg_advisory_lock(7301, 1)")
        connection.execute("INSERT INTO bind_state VALUES (1, 0, 1, 'lost', 'nobody answers', now())")

        report = smsflow.json("doctor", code=1)

    found = states(report)
    assert (found["route 2"], found["connector op"], found["connector shut"]) == ("wrong", "wrong", "note")
    assert any("nobody answers" in f["says"] for f in report["findings"])


def test_doctor_finds_a_password_that_the_key_does_not_open(smsflow):
    add = ["connector", "add", "op", "--smpp", "127.0.0.1:9", "--system-id", "me", "--password-stdin"]
    smsflow(*add, stdin="secret\n")
    smsflow.environment["SMSFLOW_SECRET_KEY"] = SECRET_KEY + " changed"

    report = smsflow.json("doctor", code=1)

    assert any("secret key" in f["says"] for f in report["findings"] if f["what"] == "connector op")


def test_doctor_finds_a_queue_that_waits_too_long(smsflow, database_url):
    from smsflow.keys import secret_key
    from smsflow.services.upkeep.findings import Seen, judge
    from smsflow.settings import Settings
    from smsflow.store.messages.queue import Depth
    from smsflow.vault import Vault

    moment = now()
    depths = [Depth(1, 3, 2, moment - timedelta(minutes=6)), Depth(2, 3, 0, moment - timedelta(seconds=6))]
    found = judge(Seen([], [], [], [], [], depths), Vault(secret_key(Settings(secret_key=SECRET_KEY))), now=moment)

    assert {f.english.what: f.state for f in found if f.code.startswith("queue")} == {
        "queue of 1": "wrong",
        "queue of 2": "ok",
    }


def test_doctor_finds_pools_that_the_server_has_no_room_for(smsflow, database_url):
    beat = "INSERT INTO process (role, host, pid, started_at, beat_at, clock_ahead) VALUES ('web', 'a', %s, now(), now(), 0)"
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        for pid in range(10):
            connection.execute(beat, (pid,))
    smsflow.environment["SMSFLOW_DATABASE_POOL"] = "200"

    report = smsflow.json("doctor", code=1)

    (says,) = [f["says"] for f in report["findings"] if f["what"] == "connections"]
    assert says.startswith("10 web with SMSFLOW_DATABASE_POOL=200 may open 2015 connections")


def test_doctor_reports_a_database_that_is_away_and_a_wrong_setting(smsflow):
    smsflow.environment["SMSFLOW_DATABASE_URL"] = "postgresql://u@127.0.0.1:1/x"
    assert states(smsflow.json("doctor", code=1))["database"] == "wrong"

    smsflow.environment["SMSFLOW_PORT"] = "many"
    assert states(smsflow.json("doctor", code=1))["settings"] == "wrong"


@pytest.fixture
def data_dir():
    """A data directory that is not there yet."""
    # Not below pytest's own directory: PostgreSQL does not run as root, and only root may enter that one.
    directory = Path(tempfile.mkdtemp(prefix="smsflow-test-"))
    directory.chmod(0o755)
    yield directory / "var"
    shutil.rmtree(directory, ignore_errors=True)


def test_migrate_makes_the_database_that_other_commands_use(process, data_dir):
    made = process("migrate", SMSFLOW_DATA_DIR=str(data_dir))
    first = process("company", "add", "Awa", "--json", SMSFLOW_DATA_DIR=str(data_dir))
    second = process("company", "list", "--json", SMSFLOW_DATA_DIR=str(data_dir))

    assert (made.returncode, first.returncode) == (0, 0), first.stderr
    listed = json.loads(second.stdout)
    assert [c["id"] for c in listed["companies"]] == [json.loads(first.stdout)["id"]]
    assert listed["database"] == f"embedded PostgreSQL in {data_dir}"
    assert not (data_dir / "postgres/postmaster.pid").exists()


@pytest.mark.parametrize(
    "command", [["company", "list"], ["ledger", "check"], ["company", "add", "Awa"], ["credit", "list", "1"]]
)
def test_a_command_makes_no_database_by_accident(process, data_dir, command):
    told = process(*command, SMSFLOW_DATA_DIR=str(data_dir))

    assert (told.returncode, told.stdout) == (1, "")
    assert str(data_dir) in told.stderr
    assert "SMSFLOW_DATA_DIR" in told.stderr
    assert not data_dir.exists()


def test_doctor_makes_no_database_by_accident(process, data_dir):
    told = process("doctor", SMSFLOW_DATA_DIR=str(data_dir))

    assert told.returncode == 1
    assert f"{data_dir} is not there" in told.stdout
    assert not data_dir.exists()


def test_doctor_needs_no_folder_where_database_and_key_are_set(smsflow, tmp_path):
    smsflow.environment["SMSFLOW_DATA_DIR"] = str(tmp_path / "none")

    assert states(smsflow.json("doctor", code=1))["data directory"] == "ok"


def test_an_empty_folder_stays_empty(process, data_dir):
    data_dir.mkdir()

    told = process("company", "list", "--json", SMSFLOW_DATA_DIR=str(data_dir))

    assert json.loads(told.stderr)["error"]["code"] == "no_database"
    assert list(data_dir.iterdir()) == []


def test_a_command_uses_the_database_that_runs(smsflow, tmp_path, database_url):
    del smsflow.environment["SMSFLOW_DATABASE_URL"]
    with datadir.lock(tmp_path), datadir.published(tmp_path, database_url):
        assert (tmp_path / "database_url").stat().st_mode & 0o777 == 0o600

        assert smsflow.json("company", "list")["companies"] == []

    assert not (tmp_path / "database_url").exists()


def test_a_second_start_on_the_same_directory_says_so(tmp_path):
    second = datadir.lock(tmp_path)

    with datadir.lock(tmp_path), pytest.raises(datadir.AlreadyRunning, match="already uses the data directory"):
        second.__enter__()

    with datadir.lock(tmp_path):
        pass


def test_the_lock_of_a_killed_process_does_not_lock(tmp_path):
    (tmp_path / "lock").write_text("1 smsflow run\n")
    (tmp_path / "database_url").write_text("postgresql://gone\n")

    with datadir.lock(tmp_path):
        assert not (tmp_path / "database_url").exists()


def test_the_data_directory_is_its_owners_alone_and_so_is_what_is_put_there(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    with datadir.lock(shared):
        (shared / "file").write_text("private")
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (shared, shared / "file", shared / "lock")]

    assert modes == [0o700, 0o600, 0o600]


def test_a_directory_that_everybody_uses_stays_everybodys(tmp_path):
    tmp_path.chmod(0o1777)
    with datadir.lock(tmp_path):
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
