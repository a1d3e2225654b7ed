"""What every test starts from: no settings of the developer's own, and a hypothesis that busy cores do not upset."""

import os

import pytest
from hypothesis import HealthCheck, settings

# The fixtures that need a database, and those that need the whole platform, stand beside the tests, in a file each.
pytest_plugins = ["tests.database", "tests.live"]

for name in list(os.environ):
    if name == "PROMETHEUS_MULTIPROC_DIR" or (name.startswith("SMSFLOW_") and not name.startswith("SMSFLOW_TEST_")):
        del os.environ[name]

settings.register_profile("smsflow", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("smsflow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of a group in one worker: xdist 3.8 writes the group where pytest 9.2 no longer reads it."""
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped is not None and hasattr(item, "_id"):
            item._id = type(item._id).parse(grouped)
