"""What every test starts from: no settings of the developer's own, and a hypothesis that busy cores do not upset."""

import os

from hypothesis import HealthCheck, settings

# The fixtures that need a database, and those that need the whole platform, stand beside the tests, in a file each.
pytest_plugins = ["tests.database", "tests.live"]

for name in list(os.environ):
    if name == "PROMETHEUS_MULTIPROC_DIR" or (name.startswith("SMSFLOW_") and not name.startswith("SMSFLOW_TEST_")):
        del os.environ[name]

settings.register_profile("smsflow", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("smsflow")
