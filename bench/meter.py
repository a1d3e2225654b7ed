"""The cost of a stage: its time, and the CPU of ours and of PostgreSQL, which says more on a machine that others use as well."""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Meter:
    """Adds up what is done within its blocks; `postgres` is the first process of the server."""

    postgres: int
    seconds: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        self.seconds -= time.perf_counter()
        self.cpu -= self._used()
        return self

    def __exit__(self, *failed: object) -> None:
        """End."""
        self.seconds += time.perf_counter()
        self.cpu += self._used()

    def _used(self) -> float:
        used = 0.0
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            usage = resource.getrusage(who)
            used += usage.ru_utime + usage.ru_stime
        while True:
            reaped = self._stat(self.postgres)[13:15]
            children = [self._stat(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")]
            own = self._stat(self.postgres)
            # A process that ended meanwhile would be counted twice, or not at all.
            if own[13:15] == reaped:
                break
        ours = [fields[11:13] for fields in children if fields and int(fields[1]) == self.postgres]
        return used + sum(map(int, [*own[11:15], *(ticks for each in ours for ticks in each)])) / _TICKS

    @staticmethod
    def _stat(pid: int) -> list[str]:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return []


def peak(pid: int) -> float:
    """Return the most megabytes that a running process has had; what `wait4` tells of it is at least what its parent had."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)
