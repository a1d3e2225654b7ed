"""The log of the embedded PostgreSQL: it begins a new file every day or ten megabytes, and old ones are removed."""

from pathlib import Path
from typing import Final

_DIRECTORY: Final = "log"
SETTINGS: Final = {
    "logging_collector": "on",
    "log_directory": _DIRECTORY,
    "log_filename": "postgres-%Y%m%d-%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "10MB",
}
_KEPT_SECONDS: Final = 14 * 86_400.0
_KEPT_BYTES: Final = 100_000_000


def prune(data_dir: Path, *, kept_seconds: float = _KEPT_SECONDS, kept_bytes: int = _KEPT_BYTES) -> list[str]:
    """Remove log files that are 14 days older than the newest, and the oldest beyond 100 MB; return their names."""
    removed = []
    newest, size = 0.0, 0
    for file in files(data_dir):
        found = file.stat()
        newest = newest or found.st_mtime
        size += found.st_size
        if (size > kept_bytes and size > found.st_size) or newest - found.st_mtime > kept_seconds:
            file.unlink(missing_ok=True)
            removed.append(file.name)
    return removed


def files(data_dir: Path) -> list[Path]:
    """Return the log files of the PostgreSQL in a data directory, newest first."""
    return sorted((data_dir / "postgres" / _DIRECTORY).glob("postgres-*.log"), reverse=True)
