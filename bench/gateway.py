"""Print the JSON file by which the shared bench scripts (bench.py) start, set up and load this SMSFLOW."""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOAD_BODY = "number=%2B{to}&message={text}"


def description(run: Path, *, port: int = 8000, name: str = "smsflow") -> dict[str, object]:
    """Return the gateway whose data lie in `run`/data."""
    environment = {
        "SMSFLOW_DATA_DIR": str(run / "data"),
        "SMSFLOW_PORT": str(port),
        "SMSFLOW_LOG_LEVEL": "warning",
        "PYTHONPATH": str(ROOT),
    }
    return {
        "name": name,
        "run": str(run),
        "cwd": str(ROOT),
        "env": environment,
        "wipe": [str(run)],
        "mkdirs": [str(run)],
        "callbacks": False,
        "start": [
            {"name": "all", "cmd": [sys.executable, "-m", "smsflow", "run"], "port": port, "port_wait": 60, "settle": 3}
        ],
        "setup": [sys.executable, str(ROOT / "bench" / "setup.py")],
        "port": port,
        "path": "/apiv2/sms/",
        "body": LOAD_BODY,
        "stop_grace": 40,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder for its data; wiped before each run")
    arguments = parser.parse_args()
    print(json.dumps(description(arguments.run.absolute()), indent=2))
