"""Nothing in the repository is a key to anything."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
SHAPES = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub or GitLab": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|glpat-[\w-]{20,})",
    "a key of Slack, Stripe or Google": r"\b(?:xox[abprs]-[\w-]{10,}|[sr]k_live_\w{20,}|AIza[\w-]{35})",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "a long secret with its name": r"(?i)(?:password|passwd|secret|token|api_?key)[\"']?\s*[:=]\s*[\"'](?!x+[\"'])[A-Za-z0-9+/_=-]{24,}[\"']",
    "a password in an address": r"\b\w+://[^\s:/@\"'{}<>]+:(?!password@|secret@|hunter2@)[^\s:/@\"'{}<>$]{6,}@(?!127\.|localhost)",
}
NEVER = re.compile(
    r"(^|/)(\.env|.*\.(pem|key|p12|pfx|jks|keystore)|id_(rsa|ed25519)|demo_password|demo_operator_password|secret_key|\.netrc)$"
)


@pytest.fixture(scope="module")
def files():
    """The files that git keeps."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: nobody says which files belong to the repository")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", SHAPES)
def test_no_file_holds(files, what):
    shape = re.compile(SHAPES[what])
    # Hashes of packages are long, have no secret, and are many.
    read = [name for name in files if not name.endswith((".lock", "package-lock.json")) and name != f"{HERE}"]

    assert [name for name in read if shape.search((ROOT / name).read_text("utf-8", "replace"))] == []


def test_no_file_has_the_name_of_a_secret(files):
    assert [name for name in files if NEVER.search(name)] == []


@pytest.mark.parametrize("left", ["var/secret_key", "var/demo_password", "var/postgres/PG_VERSION"])
def test_git_ignores_what_a_start_leaves_behind(files, left):
    ignored = subprocess.run(["git", "check-ignore", "-q", left], cwd=ROOT, check=False)

    assert ignored.returncode == 0


HERE = Path(__file__).relative_to(ROOT)
