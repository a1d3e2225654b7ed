import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.web.customer import Clock, Customer


@pytest.fixture
def open_site(open_platform):
    """The whole application with its intake: `async with open_site(body_limit=2048) as site`."""
    from falcon.testing import ASGIConductor

    from smsflow.services.messages.intake import Intake
    from smsflow.web.serve import create

    @asynccontextmanager
    async def open_(**settings):
        async with open_platform(**settings) as platform:
            clock = Clock()
            intake = Intake(
                platform.database,
                clock,
                fingerprint=platform.vault.fingerprint,
                most=500,
                bound=platform.settings.intake_bound,
            )
            writing = asyncio.create_task(intake.run())
            async with ASGIConductor(create(platform, intake, clock=clock)) as conductor:
                yield Customer(platform, clock, conductor)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    return open_


@pytest.fixture
async def site(open_site):
    """The application with default settings."""
    async with open_site() as site:
        yield site
