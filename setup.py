"""Native build: the patched libvpx, then the extension ``palantir._core`` over ``csrc``.

All metadata is in pyproject.toml. Environment: ``PALANTIR_LIBVPX_SOURCE`` (where libvpx's source
is), ``PALANTIR_CACHE``, ``PALANTIR_SIZE_LIMIT`` (WxH), ``PALANTIR_WERROR=1`` (warnings are errors).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from third_party.libvpx.build import build, patched_source, place_licences  # noqa: E402
from third_party.libvpx.fetch import ship_tree  # noqa: E402
from third_party.libvpx.upstream import LibvpxError  # noqa: E402

OBJECTS = ROOT / "build" / "native"  # kept in a working copy, so that only what changed is compiled
FLAGS_FILE = OBJECTS / "flags"
FLAGS = ["-O3", "-g0", "-fvisibility=hidden", "-Wall", "-Wextra", "-pthread", "-MMD"]


class BuildNative(build_ext):
    """Build libvpx, then compile ``csrc`` against it."""

    def run(self) -> None:
        """Build; setuptools forgets meanwhile that it builds in place, so note it first."""
        self.keeps_objects = bool(self.inplace or self.editable_mode)
        super().run()

    def build_extensions(self) -> None:
        """Point the extension at the built libvpx and compile what changed."""
        library = build()
        (extension,) = self.extensions
        # -isystem: libvpx's headers are not held to our warning flags.
        extension.extra_compile_args += [f"-isystem{path}" for path in library.include_dirs]
        extension.extra_objects = [str(library.archive)]
        if self.keeps_objects:
            self.build_temp = str(OBJECTS)
        self.force = True  # headers are dependencies too: needs_recompile() knows better
        note_flags(" ".join([*extension.extra_compile_args, str(library.archive)]))
        super().build_extensions()


class SourceRelease(sdist):
    """An sdist with libvpx's patched source inside: it installs without fetching."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Add the patched tree and the SHA-256 of its files."""
        super().make_release_tree(base_dir, files)
        with patched_source() as tree:
            ship_tree(tree, Path(base_dir) / "third_party" / "libvpx" / "source")


def note_flags(flags: str) -> None:
    """Keep the flags of the last compilation: other flags make every object out of date."""
    if not FLAGS_FILE.is_file() or FLAGS_FILE.read_text() != flags:
        FLAGS_FILE.parent.mkdir(parents=True, exist_ok=True)
        FLAGS_FILE.write_text(flags)


def needs_recompile(object_file: str, source: str) -> bool:
    """Return whether ``source``, or a file it included when last compiled, is newer."""
    built, dependencies = Path(object_file), Path(object_file).with_suffix(".d")
    if not (built.exists() and dependencies.exists()):
        return True
    words = [source, *dependencies.read_text().replace("\\\n", " ").split()[1:]]
    paths = [FLAGS_FILE, *map(Path, words)]
    return any(not p.exists() or p.stat().st_mtime > built.stat().st_mtime for p in paths)


def main() -> None:
    """Hand over to setuptools, in one line if libvpx's source cannot be had."""
    werror = ["-Werror"] if os.environ.get("PALANTIR_WERROR") == "1" else []
    hidden = ["-Wl,--exclude-libs,ALL"] if sys.platform == "linux" else []
    extension = Pybind11Extension(
        "palantir._core",
        sorted(str(path.relative_to(ROOT)) for path in (ROOT / "csrc").glob("*.cpp")),
        include_dirs=["csrc"],
        extra_compile_args=[*FLAGS, *werror],
        extra_link_args=["-pthread", *hidden],
        cxx_std=17,
    )
    ParallelCompile("PALANTIR_JOBS", needs_recompile=needs_recompile).install()
    try:
        place_licences()
        setup(
            ext_modules=[extension],
            cmdclass={"build_ext": BuildNative, "sdist": SourceRelease},
        )
    except LibvpxError as error:
        sys.exit(f"libvpx: {error}")


main()
