import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from smsflow.services.accounts import passwords
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


class Hasher:
    """Does what the real one does, and remembers what it compared with."""

    def __init__(self, real):
        self.real, self.compared = real, []

    def verify(self, password_hash, password):
        self.compared.append(password_hash)
        return self.real.verify(password_hash, password)

    def hash(self, password):
        return self.real.hash(password)


@pytest.fixture
def hasher(monkeypatch):
    """The hasher that every password is compared with."""
    remembering = Hasher(passwords._HASHER)
    monkeypatch.setattr(passwords, "_HASHER", remembering)
    return remembering


@pytest.fixture(scope="module")
def chromium():
    """A browser; Playwright's loop must end before tests with loops of their own, so each module has one."""
    from playwright.sync_api import sync_playwright

    from tests.web.console.browsing import CHROMIUM, CHROMIUM_OPTIONS

    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed (Debian: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM_OPTIONS)
        yield browser
        browser.close()
