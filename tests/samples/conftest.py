"""The server that the samples talk to."""

import pytest


@pytest.fixture
def server(request):
    """The running platform, when the suite has one to give."""
    try:
        return request.getfixturevalue("live_server")
    except pytest.FixtureLookupError:
        pytest.skip("the samples need a running platform: no live_server fixture is at hand")
