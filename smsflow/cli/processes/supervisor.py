"""The supervisor of `smsflow run`: starts the children, starts them again when they die, and stops them in order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from smsflow import observe

log = structlog.get_logger(__name__)

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0
# A child that lived this long was well: its next start is not delayed.
_WELL = 30.0
_LOOK = 0.2


@dataclass(slots=True)
class Child:
    """One process of the platform, and how to start it."""

    name: str
    arguments: Sequence[str]
    descriptors: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = 0.0

    @property
    def runs(self) -> bool:
        """Tell whether the process is there."""
        return self.process is not None and self.process.poll() is None


@dataclass(slots=True)
class Supervisor:
    """Keeps children running. They are stopped in the order of the list, one group after the other."""

    children: list[Child]
    environment: Mapping[str, str]
    drain: float

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            self._start(child)

    async def watch(self, stop: asyncio.Event, restart: asyncio.Event) -> None:
        """Start again whatever dies, until `stop`; at `restart`, replace every child without a gap in service."""
        while not stop.is_set():
            try:
                for child in self.children:
                    self._look_at(child)
                if restart.is_set():
                    restart.clear()
                    await self._replace_all(stop)
            except OSError:
                # No process could be started, or a file of metrics was gone: that must not end those that run.
                log.exception("supervising_failed")
            try:
                async with asyncio.timeout(_LOOK):
                    await stop.wait()
            except TimeoutError:
                pass

    async def stop(self) -> None:
        """Stop the children in order, each with time to drain; kill what does not end."""
        for name in dict.fromkeys(child.name for child in self.children):
            group = [c for c in self.children if c.name == name and c.runs]
            await self._end(group)

    def _look_at(self, child: Child) -> None:
        if child.runs:
            return
        now = time.monotonic()
        if child.process is not None:
            lived = now - child.started_at
            child.failures = 1 if lived > _WELL else child.failures + 1
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (child.failures - 1))
            log.error(
                "child_died", child=child.name, pid=child.process.pid, status=child.process.returncode, again_in=wait
            )
            observe.forget_process(child.process.pid, self.environment)
            child.process = None
            child.start_at = now + wait
        if now >= child.start_at:
            self._start(child)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            [sys.executable, "-m", "smsflow", *child.arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            pass_fds=child.descriptors,
            # The terminal's Ctrl-C comes to us, and we stop them in order.
            start_new_session=True,
        )
        child.started_at = time.monotonic()
        log.info("child_started", child=child.name, pid=child.process.pid)

    async def _replace_all(self, stop: asyncio.Event) -> None:
        """Web processes overlap (they share the listening socket); the others end before their successor starts, as binds are exclusive."""
        for child in self.children:
            if stop.is_set():
                return
            old = child.process
            if child.descriptors:
                self._start(child)
                await asyncio.sleep(2.0)
            if old is not None and old.poll() is None:
                await self._end([Child(child.name, (), process=old)])
                observe.forget_process(old.pid, self.environment)
            if not child.descriptors:
                self._start(child)
        log.info("children_replaced")

    async def _end(self, group: Sequence[Child]) -> None:
        processes = [c.process for c in group if c.process is not None]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.drain + 5.0
        for child, process in zip(group, processes, strict=True):
            while process.poll() is None and time.monotonic() < deadline:  # noqa: ASYNC110 - a process has no event
                await asyncio.sleep(0.05)
            if process.poll() is None:
                log.error("child_killed", child=child.name, pid=process.pid, reason="it did not drain in time")
                process.kill()
                process.wait()
