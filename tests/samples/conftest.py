"""The server that the samples talk to."""

import pytest


@pytest.fixture
def server(live_server):
    """The running platform."""
    return live_server
