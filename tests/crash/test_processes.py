"""`smsflow run` as its operator sees it: one per data directory, on a port of its own, with children that come back."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.crash import processes
from tests.crash.gateway import ROLES, Gateway, a_directory
from tests.machine import free_port
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.xdist_group("crash-operator")]


def run(settings):
    """Run `smsflow run` to its end; return its exit code and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "smsflow", "run"],
        env=processes.environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr.strip()


def speaking_to(descriptor, settings):
    """Start `smsflow run` whose output goes there, buffered as it is for an ordinary user."""
    environment = processes.environment(settings)
    environment.pop("PYTHONUNBUFFERED", None)
    return subprocess.Popen(
        [sys.executable, "-m", "smsflow", "run"],
        env=environment,
        stdout=descriptor,
        stderr=descriptor,
        start_new_session=True,
    )


async def test_a_second_start_on_the_same_data_directory_says_so_and_ends(gateway):
    code, said = run({**gateway.settings, "port": free_port()})

    assert code == 1
    assert said.startswith(f"smsflow: smsflow run (process {gateway.process.pid}) already uses the data directory")
    assert "Traceback" not in said


async def test_a_busy_port_is_one_sentence_that_names_the_setting():
    async with a_directory() as directory:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, said = run({"data_dir": directory / "data", "port": port})

    assert code == 1
    assert said.startswith(f"smsflow: 127.0.0.1:{port} cannot be listened on")
    assert "SMSFLOW_PORT" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ROLES)
async def test_a_child_that_dies_is_started_again(gateway, name):
    (before,) = gateway.pids(name)

    processes.kill(before)
    (after,) = await until(
        lambda: [p for p in gateway.pids(name) if p != before and processes.runs(p)], f"another {name}"
    )

    assert after != before
    await gateway.ready()


async def test_children_and_ports_do_not_outlive_a_run_that_is_killed_while_they_start():
    async with a_directory() as directory:
        gateway = Gateway(directory)
        try:
            gateway.process = processes.start(["run"], gateway.settings, gateway.log)
            await until(lambda: gateway.pids("web"), "a web process that starts")
            gateway.kill("supervisor")
            await until(
                lambda: not [p for p in gateway.everything() if processes.role(p) in ROLES and processes.runs(p)],
                "the end of its children",
            )
            await gateway.start()
            await gateway.stop()
        finally:
            gateway.clean_up()


async def test_a_restart_that_is_asked_for_while_it_starts_does_not_end_it():
    async with a_directory() as directory:
        gateway = Gateway(directory)
        try:
            gateway.process = processes.start(["run"], gateway.settings, gateway.log)
            lock = gateway.data / "lock"
            await until(lambda: lock.exists() and lock.stat().st_size, "a data directory that is held")
            processes.send(gateway.process.pid, signal.SIGHUP)
            await gateway.ready()

            assert await gateway.stop() == 0
        finally:
            gateway.clean_up()


async def test_a_stop_ends_everything_that_was_started():
    async with a_directory() as directory:
        gateway = Gateway(directory)
        try:
            await gateway.start()
            code = await gateway.stop()

            assert code == 0
            assert not [p for p in gateway.everything() if processes.runs(p)]
            assert not (gateway.data / "database_url").exists()
        finally:
            gateway.clean_up()


async def test_ctrl_c_pressed_again_and_again_leaves_nothing_behind():
    async with a_directory() as directory:
        gateway = Gateway(directory)
        try:
            await gateway.start()
            while gateway.process.poll() is None:
                processes.send(gateway.process.pid, signal.SIGINT)
                await asyncio.sleep(0.01)

            assert gateway.process.returncode == 0
            assert not [p for p in gateway.everything() if processes.runs(p)]
        finally:
            gateway.clean_up()


async def test_a_stop_is_a_good_one_though_nobody_reads_any_more_what_it_says():
    async with a_directory() as directory:
        gateway = Gateway(directory)
        listener, speaker = os.pipe()
        try:
            gateway.process = speaking_to(speaker, gateway.settings)
            os.close(speaker)
            gateway.log.touch()
            await until(lambda: b"ready" in os.read(listener, 65536), "a greeting")
            await gateway.ready()
            os.close(listener)

            assert await gateway.stop() == 0
            assert not [p for p in gateway.everything() if processes.runs(p)]
        finally:
            gateway.clean_up()
