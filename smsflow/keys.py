"""The keys of the vault: those that the settings name, else one that the data directory keeps."""

import base64
import hashlib
import os
from pathlib import Path

from smsflow.settings import Settings, SettingsError, separated


def secret_key(settings: Settings) -> str:
    """Give the Fernet keys, commas between, the first to encrypt; when none is set, keep one in the data directory."""
    keys = settings.secret_key.get_secret_value() if settings.secret_key else _kept_key(settings.data_dir)
    return ",".join(_fernet_key(key) for key in separated(keys))


def _kept_key(data_dir: Path) -> str:
    """Read the key of the data directory, and write it first when there is none."""
    file = data_dir / "secret_key"
    if not file.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = data_dir / f".secret_key.{os.getpid()}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(base64.urlsafe_b64encode(os.urandom(32)) + b"\n")
            stream.flush()  # or fsync would sync an empty file, and a power cut would leave one
            os.fsync(stream.fileno())
        try:
            # A link refuses to replace: of several processes that start together, all read the first one's key.
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        _sync_directory(data_dir)
    kept = file.read_text(encoding="ascii").strip()
    if not kept:
        raise SettingsError(f"{file} is empty: put the key back from a backup, or set SMSFLOW_SECRET_KEY.")
    return kept


def _sync_directory(directory: Path) -> None:
    """Have the names in a directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fernet_key(key: str) -> str:
    """Give the key itself when it is one of Fernet's, else one derived from it."""
    try:
        if len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32:
            return key
    except ValueError:
        pass
    return base64.urlsafe_b64encode(hashlib.sha256(b"smsflow:" + key.encode()).digest()).decode()
