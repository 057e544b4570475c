"""Build the static, VP9-decoder-only libvpx: unpack, patch, configure, make; keep in the cache.

    python3 -m third_party.libvpx.build [--source TARBALL|FOLDER] [--flavour NAME]

The result is keyed by all that goes into it, so that an unchanged build is only looked up.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from third_party.libvpx.fetch import Archives, PatchedTree, cache_folder, fetch
from third_party.libvpx.patching import unpack_and_patch
from third_party.libvpx.upstream import HERE, LibvpxError

__all__ = [
    "FLAVOURS",
    "Flavour",
    "Library",
    "build",
    "configure_options",
    "patched_source",
    "place_licences",
]

_LARGEST = 32768  # pixels, a frame's sides: libvpx counts coefficients in an int
_X86 = ("x86_64", "AMD64", "i686")
_FLAG_VARIABLES = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ASFLAGS", "MAKEFLAGS")


@dataclass(frozen=True)
class Flavour:
    """A way to build for tests. Sanitizers do not see into assembler: theirs are in C alone."""

    compiler: str  # C and C++; "": what CC says
    flags: tuple[str, ...] = ()
    assembler: bool = False


_ADDRESS = "-fsanitize=address,undefined"
FLAVOURS = {
    "plain": Flavour("", assembler=True),
    "address": Flavour("gcc", ("-g", "-fno-omit-frame-pointer", _ADDRESS)),
    "thread": Flavour("gcc", ("-g", "-fno-omit-frame-pointer", "-fsanitize=thread")),
    "fuzz": Flavour("clang", ("-g", _ADDRESS, "-fsanitize=fuzzer-no-link")),
    "coverage": Flavour("clang", ("-g", "-fprofile-instr-generate", "-fcoverage-mapping"), True),
}


@dataclass(frozen=True)
class Library:
    """A built libvpx: patched source (with ``vpx/``, ``vp9/``), build folder, static library."""

    source_dir: Path
    build_dir: Path

    @property
    def archive(self) -> Path:
        """``libvpx.a``."""
        return self.build_dir / "libvpx.a"

    @property
    def include_dirs(self) -> list[Path]:
        """The folders that ``vpx/*.h``, internal headers and ``vpx_config.h`` are found in."""
        return [self.build_dir, self.source_dir]


def configure_options(flavour: str = "plain") -> list[str]:
    """Return libvpx's ``configure`` options; ``PALANTIR_SIZE_LIMIT=WxH`` bounds frame sizes."""
    limit = os.environ.get("PALANTIR_SIZE_LIMIT", "8192x8192")
    if not re.fullmatch(r"[1-9]\d{0,4}x[1-9]\d{0,4}", limit):
        raise LibvpxError(f"PALANTIR_SIZE_LIMIT must be WIDTHxHEIGHT, not {limit!r}")
    if max(map(int, limit.split("x"))) > _LARGEST:
        raise LibvpxError(f"PALANTIR_SIZE_LIMIT is at most {_LARGEST}x{_LARGEST}, not {limit}")
    off = "examples tools docs install-docs unit-tests vp8 vp9-encoder webm-io libyuv shared"
    off += " postproc vp9-postproc dependency-tracking debug-libs"
    on = "vp9-decoder vp9-highbitdepth static pic multithread runtime-cpu-detect optimizations"
    options = [f"--disable-{name}" for name in off.split()]
    options += [f"--enable-{name}" for name in on.split()]
    # Another libvpx lives in the same process (PyAV's): nothing of ours may be seen outside.
    chosen = FLAVOURS[flavour]
    flags = " ".join(["-fvisibility=hidden", *chosen.flags])
    options += [f"--size-limit={limit}", f"--extra-cflags={flags}"]
    if not chosen.assembler:
        return [*options, "--target=generic-gnu"]
    return options + ["--as=nasm"] * (platform.machine() in _X86)


def build(source: str | os.PathLike[str] | None = None, flavour: str = "plain") -> Library:
    """Return the built library for ``source`` (see :func:`fetch.fetch`), building it if need be.

    ``flavour`` is one of FLAVOURS. Raises :class:`LibvpxError` if the source is not the pinned one,
    or does not patch or compile.
    """
    found, options, cache = fetch(source), configure_options(flavour), cache_folder()
    compiler = FLAVOURS[flavour].compiler or os.environ.get("CC", "")
    entry = cache / _key(found, [compiler, *options])
    library = Library(entry / "source", entry / "build")
    if not library.archive.is_file():
        _require_tools(compiler or "cc")
        with _lock(cache):
            if not library.archive.is_file():
                _build_into(entry, found, options, FLAVOURS[flavour])
    os.utime(entry)
    return library


def place_licences(source: str | os.PathLike[str] | None = None) -> None:
    """Copy libvpx's LICENSE and PATENTS to ``licences/`` here: they travel in wheels and sdists."""
    target = HERE / "licences"
    names = ("LICENSE", "PATENTS")
    if all((target / name).is_file() for name in names):
        return
    target.mkdir(exist_ok=True)
    with patched_source(source) as tree:
        for name in names:
            shutil.copyfile(tree / name, target / name)


@contextmanager
def patched_source(source: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Give the verified and patched source tree for as long as the context lasts."""
    with _unpacked(fetch(source)) as tree:
        yield tree


@contextmanager
def _unpacked(found: Archives | PatchedTree) -> Iterator[Path]:
    if isinstance(found, PatchedTree):
        yield found.root
    else:
        with tempfile.TemporaryDirectory(prefix="libvpx-") as folder:
            yield unpack_and_patch(found, Path(folder))


def _build_into(
    entry: Path, found: Archives | PatchedTree, options: list[str], flavour: Flavour
) -> None:
    compiler = flavour.compiler
    chosen = {"CC": compiler, "LD": compiler, "LDFLAGS": " ".join(flavour.flags)}
    variables = chosen if compiler else {}
    print("libvpx: building the decoder (once)", file=sys.stderr, flush=True)
    shutil.rmtree(entry, ignore_errors=True)
    # libvpx's makefiles keep absolute paths only while they run: the result may be moved.
    with tempfile.TemporaryDirectory(prefix="build-", dir=entry.parent) as temporary:
        root = Path(temporary)
        with _unpacked(found) as tree:
            shutil.copytree(tree, root / "source")
        (root / "build").mkdir()
        log = entry.parent / "build.log"
        log.unlink(missing_ok=True)
        _run([str(root / "source" / "configure"), *options], root / "build", log, variables)
        _run(["make", f"-j{os.cpu_count() or 1}", "libvpx.a"], root / "build", log)
        symbols = root / "build" / "libvpx_g.a"  # what libvpx.a was stripped from
        if compiler:
            symbols.replace(root / "build" / "libvpx.a")
        for path in [*(root / "build").rglob("*.o"), symbols]:
            path.unlink(missing_ok=True)
        ready = root / "ready"
        ready.mkdir()
        for name in ("source", "build"):
            (root / name).rename(ready / name)
        ready.rename(entry)
    _forget_unused(entry.parent)


def _forget_unused(cache: Path) -> None:
    """Drop builds that no one has asked for in a month."""
    for archive in cache.glob("*/build/libvpx.a"):
        if time.time() - archive.parents[1].stat().st_mtime > 30 * 24 * 3600:
            shutil.rmtree(archive.parents[1], ignore_errors=True)


def _run(
    command: list[str], folder: Path, log: Path, variables: Mapping[str, str] = MappingProxyType({})
) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in _FLAG_VARIABLES}
    environment.update(variables)
    with log.open("a") as output:
        code = subprocess.run(
            command, cwd=folder, env=environment, stdout=output, stderr=output, check=False
        ).returncode
    if code != 0:
        text = log.read_text(errors="replace")
        said = [line for line in text.splitlines() if re.search("error|not found", line, re.I)]
        reason = said[0].strip() if said else f"exit status {code}"
        raise LibvpxError(f"{Path(command[0]).name} failed: {reason} (all of it in {log})")


def _require_tools(compiler: str) -> None:
    tools = [compiler.split()[0], "make", "patch", "perl"] + ["nasm"] * (platform.machine() in _X86)
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise LibvpxError(
            f"{' and '.join(missing)} missing: install a C compiler, make, patch, perl and nasm "
            "(Debian: apt-get install gcc g++ make patch perl nasm)"
        )


def _key(found: Archives | PatchedTree, options: list[str]) -> str:
    """Digest all that the built library depends on."""
    digest = hashlib.sha256()
    words = [platform.system(), platform.machine(), *options]
    digest.update("\0".join(words).encode())
    if isinstance(found, PatchedTree):
        digest.update(found.digest.encode())
    else:
        ours = [*(HERE / "patches").glob("*"), *(HERE / "observer").glob("*.[ch]")]
        for path in sorted([*ours, HERE / "upstream.toml", HERE / "patching.py"]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


@contextmanager
def _lock(cache: Path) -> Iterator[None]:
    """Let one process build at a time."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build and say where the library is."""
    parser = argparse.ArgumentParser(prog="build", description=__doc__)
    parser.add_argument("--source", help="upstream tarball, folder with both tarballs, or tree")
    parser.add_argument("--flavour", choices=sorted(FLAVOURS), default="plain", help="for tests")
    arguments = parser.parse_args()
    try:
        library = build(arguments.source, arguments.flavour)
    except (LibvpxError, OSError) as error:
        print(f"libvpx: {error}", file=sys.stderr)
        return 1
    print(library.archive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
