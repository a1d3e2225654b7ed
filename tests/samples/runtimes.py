"""How a program of each language is run here, or why it cannot be."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


class Missing(Exception):
    """A runtime is not on this machine; the text says which."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The command that takes a program's file, and what its environment needs."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed (Debian: {package})")
    return path


def _cache() -> Path:
    """Return a folder outside the repository that is kept from run to run, if this user may write one."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "smsflow-samples"
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="smsflow-samples-"))
    return base


def _curl() -> Runtime:
    _program("curl", "curl")
    return Runtime((_program("sh", "dash"),))


def _python() -> Runtime:
    try:
        import requests  # noqa: F401
    except ImportError:
        raise Missing("requests is not installed (pip install requests)") from None
    return Runtime((sys.executable,))


def _javascript() -> Runtime:
    node, npm = _program("node", "nodejs"), _program("npm", "npm")
    manifest = [HERE / "node" / name for name in ("package.json", "package-lock.json", ".npmrc")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in manifest)).hexdigest()[:12]
    installed = _cache() / f"node-{digest}"
    if not installed.exists():
        # Installed beside and then renamed: another run sees all of it or none.
        with tempfile.TemporaryDirectory(dir=installed.parent) as folder:
            for file in manifest:
                shutil.copy(file, folder)
            result = subprocess.run(
                [npm, "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, timeout=180, check=False
            )
            if result.returncode:
                raise Missing(f"npm could not install axios and form-data: {result.stderr.strip()[-300:]}")
            try:
                (Path(folder) / "node_modules").rename(installed)
            except OSError:
                if not installed.exists():
                    raise
    return Runtime((node,), {"NODE_PATH": str(installed)})


def _go() -> Runtime:
    cache = str(_cache() / "go")
    return Runtime((_program("go", "golang-go"), "run"), {"GOCACHE": cache, "GO111MODULE": "off", "GOFLAGS": ""})


def _php() -> Runtime:
    php = _program("php", "php-cli")
    found = subprocess.run(
        [php, "-r", "exit((int) !stream_resolve_include_path('HTTP/Request2.php'));"], check=False, timeout=30
    )
    if found.returncode:
        raise Missing("PEAR's HTTP_Request2 is not installed (Debian, where it has it: php-http-request2)")
    return Runtime((php,))


def _php_stand_in() -> Runtime:
    return Runtime((_program("php", "php-cli"), "-d", f"include_path={HERE / 'php'}"))


def _php_curl() -> Runtime:
    php = _program("php", "php-cli")
    if subprocess.run([php, "-r", "exit((int) !extension_loaded('curl'));"], check=False, timeout=30).returncode:
        raise Missing("PHP's curl extension is not installed (Debian: php-curl)")
    return Runtime((php,))


# PHP's published sample stands here twice: its library is not in every Debian, and our stand-in shows at least that the sample is sound.
RUNTIMES: dict[str, tuple[str, Callable[[], Runtime]]] = {
    "curl": ("curl", _curl),
    "javascript": ("javascript", _javascript),
    "python": ("python", _python),
    "go": ("go", _go),
    "php": ("php", _php),
    "php with a stand-in for HTTP_Request2": ("php", _php_stand_in),
    "php-curl": ("php-curl", _php_curl),
}
