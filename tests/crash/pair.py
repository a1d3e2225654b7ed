"""A gateway and its operator: started together, made to know each other, ended whatever happens."""

from contextlib import asynccontextmanager
from dataclasses import asdict

from smsflow.simulator.script import Script

_OBEDIENT = Script(latency=0.01, receipt_delay=0.2)


async def introduce(gateway, smsc, **connector):
    """Start the gateway, with a company, and a connector and a route to this operator."""
    await smsc.ready()
    await gateway.start()
    await gateway.furnish(smsc.port, **connector)


@asynccontextmanager
async def a_pair(gateway, smsc, **connector):
    """Introduce them, and end both; a block that passes has the gateway stop as it should."""
    try:
        await introduce(gateway, smsc, **connector)
        yield
        assert await gateway.stop() == 0, "it did not end as it should"
    finally:
        gateway.clean_up()
        smsc.stop()


async def anew(gateway, smsc):
    """Have the operator behave and forget, and the gateway run, whatever was done to them before."""
    await smsc.behave(**asdict(_OBEDIENT))
    await smsc.ask("reset")
    if gateway.process.poll() is not None:
        await gateway.start()
    await gateway.ready()
