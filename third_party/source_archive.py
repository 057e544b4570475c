"""A source archive that is the same, byte by byte, wherever and whenever it is made."""

from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path

__all__ = ["pack"]

_EPOCH = 1_577_836_800  # 2020, where SOURCE_DATE_EPOCH says nothing


def pack(folder: Path, target: Path) -> None:
    """Write `folder`, under its own name, to a .tar.gz.

    Entries are sorted, belong to nobody, have the time that SOURCE_DATE_EPOCH names, and mode 644,
    or 755 for folders and what its owner may execute.
    """
    time = int(os.environ.get("SOURCE_DATE_EPOCH", _EPOCH))

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = time
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", mtime=time, fileobj=file) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = path.relative_to(folder.parent).as_posix()
            archive.add(path, name, recursive=False, filter=plain)
