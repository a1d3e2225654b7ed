"""A file system of its own whose power can be cut: a journaled ext4 on a loop mount, as root."""

import asyncio
import fcntl
import os
import struct
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

from tests.waiting import until

# ioctl(2) EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (Linux, fs/ext4/ext4.h): nothing more reaches the disk.
_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2


class Disk:
    """A mounted image."""

    def __init__(self, image, directory):
        """Take what is mounted there."""
        self._image, self.directory = image, directory

    def cut(self):
        """Let nothing more reach the disk."""
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    async def mount_again(self):
        """Mount what is on the disk, as a machine does that starts again; whoever used it must have ended."""
        # A killed process lets go of its files a moment after it is gone.
        await until(lambda: _run("umount", self.directory), "the end of whoever uses the disk")
        # A process with a copy of our mounts (`ip netns exec` makes one) would have us mount the stopped file system again.
        await until(self._is_free, "the end of whoever else has the disk mounted")
        assert await _run("mount", "-o", "loop", self._image, self.directory), "the disk cannot be mounted again"

    async def _is_free(self):
        return not await asyncio.to_thread(subprocess.check_output, ["losetup", "--associated", self._image])


@asynccontextmanager
async def a_disk(directory, *, megabytes):
    """Give a disk mounted at `directory`, or None where this cannot be done; nothing of it is left."""
    image = directory.with_suffix(".image")
    with Path(image).open("wb") as file:  # noqa: ASYNC230 - takes no time
        file.truncate(megabytes << 20)
    directory.mkdir()
    mounted = await _run("mkfs.ext4", "-q", "-F", image) and await _run("mount", "-o", "loop", image, directory)
    if not mounted:
        yield None
        return
    directory.chmod(0o755)
    try:
        yield Disk(image, directory)
    finally:
        await _run("umount", "--lazy", directory)


async def _run(*command):
    try:
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    except FileNotFoundError:
        return False
    return await process.wait() == 0
