"""Get libvpx's source: what the user names, else the cache folder, else Debian's archive.

    python3 -m third_party.libvpx.fetch [--source TARBALL|FOLDER]

Everything is checked against pinned SHA-256 before anything reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from third_party.libvpx import apt
from third_party.libvpx.upstream import HERE, SOURCE_VARIABLE, LibvpxError, Upstream, sha256_of

__all__ = ["Archives", "PatchedTree", "cache_folder", "fetch", "ship_tree", "sums_of"]

_SHIPPED_TREE = HERE / "source"


@dataclass(frozen=True)
class Archives:
    """The two tarballs of Debian's source package, verified."""

    upstream: Path
    debian: Path


@dataclass(frozen=True)
class PatchedTree:
    """A source tree that already carries all patches, as our sdist ships it, verified."""

    root: Path
    digest: str


def cache_folder() -> Path:
    """Return the folder that keeps tarballs and built libraries across clones."""
    named = os.environ.get("PALANTIR_CACHE")
    if named:
        return Path(named).absolute() / "libvpx"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "palantir-sr" / "libvpx"


def fetch(source: str | os.PathLike[str] | None = None) -> Archives | PatchedTree:
    """Return libvpx's verified source.

    ``source``, else the environment variable ``PALANTIR_LIBVPX_SOURCE``, names the upstream
    tarball with Debian's beside it, a folder with both, or a patched tree from our sdist. With
    neither, the tree that an sdist carries is taken, then the cache, then Debian's archive.
    Raises :class:`LibvpxError` if that is not exactly the pinned version.
    """
    upstream = Upstream.read()
    named = source or os.environ.get(SOURCE_VARIABLE)
    if named:
        return _named(Path(named).expanduser().absolute(), upstream)
    if _SHIPPED_TREE.is_dir():
        return _tree(_SHIPPED_TREE)
    return _cached(upstream)


def sums_of(tree: Path) -> str:
    """Return the SHA-256 of every file under ``tree``, in the format of ``sha256sum``."""
    files = sorted(path for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    return "".join(f"{sha256_of(path)}  {path.relative_to(tree).as_posix()}\n" for path in files)


def ship_tree(tree: Path, target: Path) -> None:
    """Copy a patched ``tree`` to ``target`` with the sums beside it that :func:`fetch` checks."""
    shutil.copytree(tree, target)
    _sums_file(target).write_text(sums_of(target))


def _sums_file(tree: Path) -> Path:
    return tree.with_name(tree.name + ".sha256")


def _named(path: Path, upstream: Upstream) -> Archives | PatchedTree:
    if not path.exists():
        raise LibvpxError(f"{path} does not exist (named by --source or {SOURCE_VARIABLE})")
    if (path / "configure").is_file():
        return _tree(path)
    tarball = path / upstream.upstream.name if path.is_dir() else path
    upstream.upstream.check(tarball)
    return Archives(tarball, upstream.debian.check(tarball.parent / upstream.debian.name))


def _tree(root: Path) -> PatchedTree:
    sums = _sums_file(root)
    if not sums.is_file():
        raise LibvpxError(
            f"{root} has no {sums.name} beside it: only a tree from our sdist can be checked, "
            "name the tarballs instead"
        )
    expected = sums.read_text()
    if expected != (found := sums_of(root)):
        changed = sorted(set(expected.splitlines()) ^ set(found.splitlines()), key=lambda s: s[66:])
        raise LibvpxError(f"{root / changed[0][66:]} differs from {sums}")
    return PatchedTree(root, hashlib.sha256(expected.encode()).hexdigest())


def _cached(upstream: Upstream) -> Archives:
    folder = cache_folder() / "archives"
    archives = Archives(*(folder / pin.name for pin in upstream.pins))
    if all(path.is_file() for path in (archives.upstream, archives.debian)):
        try:
            return _checked(archives, upstream)
        except LibvpxError:
            pass  # a damaged cache is only a reason to fetch again
    folder.mkdir(parents=True, exist_ok=True)
    print(f"libvpx: fetching Debian's source package {upstream}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder) as temporary:
        try:
            apt.download(upstream, Path(temporary))
            for pin in upstream.pins:
                pin.check(Path(temporary) / pin.name).replace(folder / pin.name)
        except LibvpxError as error:
            names = " and ".join(pin.name for pin in upstream.pins)
            hint = f"set {SOURCE_VARIABLE} to a folder with {names}"
            raise LibvpxError(f"{error}; {hint}") from None
    return archives


def _checked(archives: Archives, upstream: Upstream) -> Archives:
    upstream.upstream.check(archives.upstream)
    upstream.debian.check(archives.debian)
    return archives


def main() -> int:
    """Fetch and say where the source is."""
    parser = argparse.ArgumentParser(prog="fetch", description=__doc__)
    parser.add_argument("--source", help="upstream tarball, folder with both tarballs, or tree")
    try:
        found = fetch(parser.parse_args().source)
    except (LibvpxError, OSError) as error:
        print(f"libvpx: {error}", file=sys.stderr)
        return 1
    print(found.upstream.parent if isinstance(found, Archives) else found.root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
