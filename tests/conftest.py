"""What every test starts from: no settings of the developer's own, and a hypothesis that busy cores do not upset."""

import importlib.util
import os

from hypothesis import HealthCheck, settings

# The fixtures that need a database stand beside the tests, in one file.
pytest_plugins = ["tests.database"] if importlib.util.find_spec("tests.database") else []

for name in list(os.environ):
    if name == "PROMETHEUS_MULTIPROC_DIR" or (name.startswith("SMSFLOW_") and not name.startswith("SMSFLOW_TEST_")):
        del os.environ[name]

settings.register_profile("smsflow", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("smsflow")
