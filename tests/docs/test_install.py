"""The files of docs/install are what systemd, nginx and SMSFLOW itself read."""

import shutil
import ssl
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from smsflow.settings import Settings
from tests.live import GENEROUS
from tests.machine import free_port
from tests.waiting import until

REPOSITORY = Path(__file__).parents[2]
INSTALL = REPOSITORY / "docs/install"


def needs(program, package):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed (Debian: {package})")


def test_every_file_of_the_folder_is_named_on_the_page():
    page = (REPOSITORY / "docs/install.md").read_text("utf-8")

    assert [file.name for file in INSTALL.iterdir() if f"install/{file.name}" not in page] == []


def test_the_settings_file_holds_settings_that_exist():
    values = tomllib.loads((INSTALL / "smsflow.toml").read_text("utf-8"))

    settings = Settings(**{**values, "secret_key": "k" * 64})

    assert str(settings.data_dir) == "/var/lib/smsflow"


@pytest.mark.processes
@needs("systemd-analyze", "systemd")
@pytest.mark.parametrize("unit", sorted(INSTALL.glob("*.service")), ids=lambda unit: unit.stem)
def test_systemd_understands_a_unit(unit, tmp_path):
    # The program of the unit must be there, or nothing else is looked at.
    ours = unit.read_text("utf-8").replace("/opt/smsflow/.venv/bin/smsflow", sys.executable)
    (tmp_path / unit.name).write_text(ours, "utf-8")

    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        timeout=GENEROUS,
        check=False,
    )

    assert unit.name not in told.stderr
    assert told.returncode == 0, told.stderr


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 and its key."""
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -keyout key.pem -out cert.pem"
    name = "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(f"{make} {name}".split(), cwd=tmp_path, capture_output=True, timeout=GENEROUS, check=True)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.fixture
def proxy(live_server, certificate, tmp_path):
    """Nginx with our configuration before the running platform: returns its HTTPS port."""
    port = free_port()
    ours = (INSTALL / "nginx.conf").read_text("utf-8")
    for written, here in (
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{live_server.port}"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/smsflow/tls/fullchain.pem", str(certificate[0])),
        ("/etc/smsflow/tls/privkey.pem", str(certificate[1])),
    ):
        assert written in ours
        ours = ours.replace(written, here)
    (tmp_path / "ours.conf").write_text(ours, "utf-8")
    paths = "\n".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\ninclude {tmp_path}/ours.conf;\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    command = ["nginx", "-e", "stderr", "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    with subprocess.Popen(command) as running:
        try:
            yield port
        finally:
            running.terminate()


@pytest.mark.processes
@needs("nginx", "nginx-light")
@needs("openssl", "openssl")
async def test_nginx_serves_customers_and_keeps_the_metrics_inside(proxy, certificate):
    trusted = ssl.create_default_context(cafile=str(certificate[0]))

    def status(path):
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{proxy}{path}", context=trusted, timeout=GENEROUS) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return None  # it starts

    assert await until(lambda: status("/docs/"), "an answer of nginx") == 200
    assert status("/apiv2/balance/") == 401
    assert [status(path) for path in ("/metrics", "/healthz", "/readyz")] == [404, 404, 404]
