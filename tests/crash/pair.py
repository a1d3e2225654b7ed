"""A gateway and its operator: started together, made to know each other, ended whatever happens."""

from contextlib import asynccontextmanager
from dataclasses import asdict

from smsflow.simulator.script import Script

_OBEDIENT = Script(latency=0.01, receipt_delay=0.2)


async def introduce(gateway, witness, **connector):
    """Start the gateway, with a company, and a connector and a route to this operator."""
    await witness.ready()
    await gateway.start()
    await gateway.furnish(witness.port, **connector)


@asynccontextmanager
async def a_pair(gateway, witness, **connector):
    """Introduce them, and end both; a block that passes has the gateway stop as it should."""
    try:
        await introduce(gateway, witness, **connector)
        yield
        assert await gateway.stop() == 0, "it did not end as it should"
    finally:
        gateway.clean_up()
        witness.stop()


async def anew(gateway, witness):
    """Have the operator behave and forget, and the gateway run, whatever was done to them before."""
    await witness.behave(**asdict(_OBEDIENT))
    await witness.ask("reset")
    if gateway.process.poll() is not None:
        await gateway.start()
    await gateway.ready()
