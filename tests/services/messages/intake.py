"""An intake with one message in it."""

import asyncio
from contextlib import asynccontextmanager

from smsflow import runtime
from smsflow.services.messages.intake import Intake


@asynccontextmanager
async def submitted(database, message):
    """Submit a message, and give the answer to come."""
    intake = Intake(database, runtime.now, fingerprint=str.encode, most=10, bound=10)
    running = asyncio.create_task(intake.run())
    answer = asyncio.ensure_future(intake.submit(message))
    try:
        yield answer
    finally:
        running.cancel()
        await asyncio.gather(running, answer, return_exceptions=True)


async def texts(platform):
    async with platform.database.autocommit() as tx:
        return [text for (text,) in await tx.execute("SELECT text FROM message")]
