"""The disks of the machines, as their processes show them with their signs of life."""

from collections.abc import Iterable
from dataclasses import dataclass

from smsflow.store.upkeep import processes


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that a machine keeps its data on."""

    host: str
    free: int
    total: int


def disks(shown: Iterable[processes.ProcessShown]) -> list[Disk]:
    """Return the disk of each machine as its processes showed it last, the fullest first."""
    by_host: dict[str, Disk] = {}
    for s in shown:
        if s.silent <= processes.SILENCE and s.disk_free is not None and s.disk_total:
            by_host.setdefault(s.process.host, Disk(s.process.host, s.disk_free, s.disk_total))
    return sorted(by_host.values(), key=lambda disk: disk.free / disk.total)
