"""The start of every test: no settings of the developer's own, and a hypothesis that busy cores do not upset."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.cleanup import Run

# The fixtures that need a database, and those that need the whole platform, stand beside the tests, in a file each.
pytest_plugins = ["tests.database", "tests.live", "tests.standby"]

for name in list(os.environ):
    if name == "PROMETHEUS_MULTIPROC_DIR" or (name.startswith("SMSFLOW_") and not name.startswith("SMSFLOW_TEST_")):
        del os.environ[name]

# The fixtures that start PostgreSQL, our own processes or a browser; `script/check` leaves out the tests that use one.
STARTERS = {"_pair", "database_server", "live_server", "process", "running", "servers"}

# Some libraries ask the machine what it is when they are imported.
_ASKED_BY_LIBRARIES = {"file", "uname"}

_run = pytest.StashKey()
_item = None

# The suite tries the same cases in every run of the same code; `script/test --hypothesis-profile search` looks for new ones.
settings.register_profile("smsflow", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "search", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("smsflow")


def pytest_configure(config):
    """Have a watcher beside the run, which ends whatever it started."""
    if not hasattr(config, "workerinput"):
        config.stash[_run] = Run()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave no process behind."""
    if _run in config.stash:
        config.stash[_run].end()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of a group in one worker: xdist 3.8 writes the group where pytest 9.2 no longer reads it."""
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped is not None and hasattr(item, "_id"):
            item._id = type(item._id).parse(grouped)


# Before the markers are selected by `-m`.
@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    """Mark what starts a process by its fixtures."""
    if STARTERS & {*getattr(item, "fixturenames", ())} or item.get_closest_marker("browser"):
        item.add_marker(pytest.mark.processes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Know which test runs, so that one that starts a process without being marked fails."""
    global _item
    _item = item
    try:
        return (yield)
    finally:
        _item = None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown():
    """Let what the whole session shares end with whichever test is the last."""
    global _item
    _item = None


def _audit(event, arguments):
    if event != "subprocess.Popen" or _item is None or _item.get_closest_marker("processes") is not None:
        return
    if str(arguments[0]) not in _ASKED_BY_LIBRARIES:
        pytest.fail(f"{_item.nodeid} starts a process: mark it with pytest.mark.processes", pytrace=False)


sys.addaudithook(_audit)
