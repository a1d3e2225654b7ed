"""Waiting for something to come about, however slow the machine is."""

import asyncio
import time

PATIENCE = 60.0


async def until(holds, what="the condition", timeout=PATIENCE, step=0.05):
    """Look until `holds()` (or its awaited value) is true and return it; raise AssertionError that says what did not come."""
    deadline = time.monotonic() + timeout
    while True:
        value = holds()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"did not come in {timeout:g} s: {what}"
        await asyncio.sleep(step)
