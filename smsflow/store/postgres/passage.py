"""The right of PostgreSQL's own user to pass the folders above its files, when root runs SMSFLOW: given to that user alone.

The wheel would open every folder from the data directory up to `/` to all users of the machine.
"""

import errno
import os
import pwd
import stat
import struct
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# POSIX access control lists as Linux keeps them: a version, then entries of tag, permissions and id.
_ACL = "system.posix_acl_access"
_VERSION = 2
_ENTRY = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF
_SEARCH = 1

Acl = dict[tuple[int, int], int]


def open_to(user: str, path: Path) -> None:
    """Let a user pass the folders above `path`."""
    entry = pwd.getpwnam(user)
    for folder in sorted({*path.parents, *path.resolve().parents}, key=lambda p: len(p.parts)):
        found = folder.stat()
        if found.st_mode & stat.S_IXOTH or (found.st_uid == entry.pw_uid and found.st_mode & stat.S_IXUSR):
            continue
        _add(folder, entry.pw_uid)


def _add(folder: Path, uid: int) -> None:
    mode = folder.stat().st_mode
    try:
        acl = _read(folder, mode)
        if acl.get((_USER, uid), 0) & acl.get((_MASK, _NOBODY), 0) & _SEARCH:
            return
        acl[_USER, uid] = acl.get((_USER, uid), 0) | _SEARCH
        acl[_MASK, _NOBODY] = acl.get((_MASK, _NOBODY), acl[_GROUP, _NOBODY]) | _SEARCH
        os.setxattr(folder, _ACL, _packed(acl))
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENOSYS, errno.EPERM):
            raise
        # A file system without lists: passing, but not looking, is open to everybody.
        folder.chmod(mode | stat.S_IXOTH)
        log.warning(
            "folder_opened",
            folder=str(folder),
            reason="PostgreSQL's user has to pass, and there are no access control lists",
        )


def _read(folder: Path, mode: int) -> Acl:
    try:
        packed = os.getxattr(folder, _ACL)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return {(_OWNER, _NOBODY): mode >> 6 & 7, (_GROUP, _NOBODY): mode >> 3 & 7, (_OTHERS, _NOBODY): mode & 7}
    return {(tag, id_): permissions for tag, permissions, id_ in _ENTRY.iter_unpack(packed[4:])}


def _packed(acl: Acl) -> bytes:
    entries = sorted(acl.items())
    return struct.pack("<I", _VERSION) + b"".join(
        _ENTRY.pack(tag, permissions, id_) for (tag, id_), permissions in entries
    )
