"""From the verified tarballs to the tree that is built: Debian's patches, observer, our patches.

    python3 -m third_party.libvpx.patching      # write patches/touched.sha256 anew

Our patches have no context lines, so ``patch`` itself cannot tell whether an added line lands
where it should. ``patches/touched.sha256`` can: it pins every upstream file they touch.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from third_party.libvpx.fetch import Archives, fetch
from third_party.libvpx.upstream import HERE, LibvpxError, Upstream, sha256_of

__all__ = ["apply_patch", "check_touched", "read_series", "touched_sums", "unpack_and_patch"]

# Neither built nor shipped: libvpx's own tests and the libraries that only its tools use.
_PRUNED = ("test", "third_party/googletest", "third_party/libwebm", "third_party/libyuv")


def unpack_and_patch(archives: Archives, folder: Path, ours: Path = HERE) -> Path:
    """Make the patched source tree in ``folder`` and return its root.

    ``ours`` holds ``observer/`` and ``patches/``. Raises :class:`LibvpxError` if a patch does
    not apply, or if one of ours lands anywhere but on the very lines it names.
    """
    tree = _unpack_debian(archives, folder)
    check_touched(tree, ours / "patches")
    for source in sorted((ours / "observer").glob("*.[ch]")):
        shutil.copyfile(source, tree / "vp9" / "decoder" / source.name)
    for name in read_series(ours / "patches"):
        apply_patch(tree, ours / "patches" / name, exact=True)
    for name in _PRUNED:
        shutil.rmtree(tree / name)
    return tree


def touched_sums(tree: Path, patches: Path) -> str:
    """Return the SHA-256 of each file of ``tree`` that our patches touch, as ``sha256sum`` does."""
    text = "".join((patches / name).read_text() for name in read_series(patches))
    names = sorted(set(re.findall(r"^--- a/(\S+)", text, re.MULTILINE)))
    missing = [name for name in names if not (tree / name).is_file()]
    if missing:
        raise LibvpxError(f"our patches touch {missing[0]}, which upstream does not have")
    return "".join(f"{sha256_of(tree / name)}  {name}\n" for name in names)


def check_touched(tree: Path, patches: Path) -> None:
    """Raise :class:`LibvpxError` unless ``tree`` has the very files our patches were made for."""
    pinned = (patches / "touched.sha256").read_text().splitlines()
    other = [line for line in touched_sums(tree, patches).splitlines() if line not in pinned]
    if other:
        raise LibvpxError(
            f"{other[0][66:]} is not the file our patches were made for: see that each hook still "
            "lands where it should, then run python3 -m third_party.libvpx.patching"
        )


def read_series(folder: Path) -> list[str]:
    """Return the names of the patches in ``folder/series``, in order."""
    lines = (folder / "series").read_text().splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def apply_patch(tree: Path, patch: Path, *, exact: bool) -> None:
    """Apply one unified diff to ``tree``; with ``exact``, a moved or blurred hunk is an error."""
    command = ["patch", "-p1", "--forward", "--batch", "--no-backup-if-mismatch"]
    result = subprocess.run(
        [*command, *(["--fuzz=0"] * exact), "-i", str(patch)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    said = (result.stdout + result.stderr).splitlines()
    wrong = [line for line in said if re.search("FAILED|can't find|malformed", line)]
    if exact:
        wrong += [line for line in said if re.search(r"\boffset\b|\bfuzz\b", line)]
    if result.returncode != 0 or wrong:
        reason = wrong[0] if wrong else (said[-1] if said else "no reason given")
        raise LibvpxError(f"{patch.name} does not land where it should: {reason.strip()}")


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(folder)


def _unpack_debian(archives: Archives, folder: Path) -> Path:
    """Unpack both tarballs in ``folder``, apply Debian's patches, return the tree."""
    _unpack(archives.upstream, folder)
    _unpack(archives.debian, folder)
    tree, debian = folder / Upstream.read().folder, folder / "debian" / "patches"
    for name in read_series(debian):
        apply_patch(tree, debian / name, exact=False)
    return tree


def main() -> None:
    """Pin the upstream files that our patches touch."""
    archives = fetch()
    if not isinstance(archives, Archives):
        sys.exit("libvpx: this needs the tarballs, not a patched tree")
    with tempfile.TemporaryDirectory() as folder:
        tree = _unpack_debian(archives, Path(folder))
        (HERE / "patches" / "touched.sha256").write_text(touched_sums(tree, HERE / "patches"))


if __name__ == "__main__":
    main()
