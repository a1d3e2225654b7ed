"""A gateway and its operator for the crash tests: started once per group of tests, as a start takes seconds."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.crash.gateway import Gateway
from tests.crash.pair import anew, introduce
from tests.crash.smsc import Smsc


@pytest.fixture(scope="session")
def _pair():
    """A furnished gateway with its operator; both are ended whatever happens."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-crash-"))
    directory.chmod(0o755)  # PostgreSQL does not run as root
    gateway, smsc = Gateway(directory), Smsc(directory)
    try:
        asyncio.run(introduce(gateway, smsc))
        yield gateway, smsc
    finally:
        gateway.clean_up()
        smsc.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def gateway(_pair):
    """The gateway, running, whatever the test before did to it."""
    await anew(*_pair)
    return _pair[0]


@pytest.fixture
async def smsc(gateway, _pair):
    """The operator, which behaves well and has received nothing."""
    return _pair[1]
