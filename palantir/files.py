"""Files that appear whole or not at all, written beside the target; files that must be regular."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_path", "atomic_write", "check_target", "open_regular"]


@contextlib.contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a new empty file in the target's folder that takes the target's name on success.

    The temporary file has the target's suffix. When the block ends normally it is synced and
    replaces the target in one step; when it ends by any exception (an interrupt or a closed
    generator too) it is removed and the target stays as it was. A symbolic link is followed.

    Raises OSError naming the target: folder missing or not writable, disk full, or a target that
    exists and is not a regular file (a device or a folder would be lost by the rename).
    """
    final = Path(os.path.realpath(target))
    temporary = _new_beside(final, target)
    try:
        yield temporary
        with _naming(target):
            _sync(temporary)
            temporary.replace(final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):  # not every file system can sync a folder
        _sync(final.parent)


def atomic_write(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` as `atomic_path` does. Raises OSError naming `path`."""
    with atomic_path(path) as temporary, _naming(path):
        temporary.write_bytes(data)


def check_target(path: str | os.PathLike[str]) -> None:
    """Find out before the work, not after it, that the result has nowhere to go.

    Makes the temporary file of `atomic_path`, and removes it. Raises OSError as that does: only so
    it is known what a file system allows, and where a symbolic link leads.
    """
    _new_beside(Path(os.path.realpath(path)), path).unlink()


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file to read its bytes, if it is one: a device may be endless, a pipe never begin.

    Raises OSError naming `path`: missing, not readable, a folder, or not a regular file.
    """
    # A pipe without a writer would not even open, were it not for O_NONBLOCK.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))


def _new_beside(final: Path, target: str | os.PathLike[str]) -> Path:
    """A new empty file in the folder of `final`; errors name the `target` that it stands for."""
    if final.exists() and not final.is_file():
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(target))
    temporary = final.parent / f".{final.stem[:60]}.{secrets.token_hex(4)}{final.suffix}"
    with _naming(target):
        # Mode 0666 leaves the permissions to the umask, as for any file made by open().
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return temporary


@contextlib.contextmanager
def _naming(target: str | os.PathLike[str]) -> Iterator[None]:
    """Let errors of the file system name the file that the caller asked for."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(target)) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
