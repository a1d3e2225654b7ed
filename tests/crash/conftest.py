"""A gateway and its operator for the crash tests: started once per group of tests, as a start takes seconds."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from smsflow.smpp.script import Script
from tests.crash.gateway import Gateway
from tests.crash.witness import Witness

_OBEDIENT = {
    name: getattr(Script(), name)
    for name in (
        "receipts", "refuse", "throttle_rate", "refuse_every", "refuse_status", "lose_response_every",
        "disconnect_every", "ids", "receipt_ids", "stray_every",
    )
}  # fmt: skip
LATENCY, RECEIPT_DELAY = 0.01, 0.2


@pytest.fixture(scope="session")
def _pair():
    """A furnished gateway with its operator; both are ended whatever happens."""
    directory = Path(tempfile.mkdtemp(prefix="smsflow-crash-"))
    directory.chmod(0o755)  # PostgreSQL does not run as root
    witness, gateway = Witness(directory), Gateway(directory)
    try:
        asyncio.run(_furnish(gateway, witness))
        yield gateway, witness
    finally:
        gateway.clean_up()
        witness.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def _furnish(gateway, witness):
    await witness.ready()
    await gateway.start()
    await gateway.furnish(witness.port)


@pytest.fixture
async def witness(_pair):
    """The operator, which behaves well and has received nothing."""
    await _pair[1].behave(**_OBEDIENT, latency=LATENCY, receipt_delay=RECEIPT_DELAY)
    await _pair[1].ask("reset")
    return _pair[1]


@pytest.fixture
async def gateway(_pair, witness):
    """The gateway, running, whatever the test before did to it."""
    if _pair[0].process.poll() is None:
        await _pair[0].ready()
    else:
        await _pair[0].start()
    return _pair[0]
