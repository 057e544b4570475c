"""Native build: the patched libvpx, ``palantir._core`` over ``csrc``, and ``sequential.py``.

All metadata is in pyproject.toml. Environment: ``PALANTIR_LIBVPX_SOURCE`` (where libvpx's source
is), ``PALANTIR_CACHE``, ``PALANTIR_SIZE_LIMIT`` (WxH), ``PALANTIR_WERROR=1`` (warnings are errors).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from third_party.libvpx.build import build, patched_source, place_licences  # noqa: E402
from third_party.libvpx.fetch import ship_tree  # noqa: E402
from third_party.libvpx.upstream import LibvpxError  # noqa: E402
from third_party.licences import LicenceError, place_pybind11_licence  # noqa: E402
from third_party.source_archive import pack  # noqa: E402

OBJECTS = ROOT / "build" / "native"  # kept in a working copy, so that only what changed is compiled
HIDDEN = ["-Wl,--version-script=csrc/exports.map"] if sys.platform == "linux" else []
FLAGS_FILE = OBJECTS / "flags"
PLAIN_FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-fvisibility=hidden", "-MMD"]
FLAGS = [*PLAIN_FLAGS, "-Wall", "-Wextra", "-pthread"]
SEQUENTIAL = Path("palantir/schedule/sequential.py")
GENERATED = Path("build/cython")  # the C that Cython writes, not to be shipped
CYTHON_DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # types come from the .pxd alone, so that both forms do the same
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}


class BuildNative(build_ext):
    """Build libvpx, then compile ``csrc`` against it, and what Cython makes of our Python."""

    def run(self) -> None:
        """Build; setuptools forgets meanwhile that it builds in place, so note it first."""
        self.keeps_objects = bool(self.inplace or self.editable_mode)
        super().run()

    def build_extensions(self) -> None:
        """Point the core at the built libvpx and compile what changed."""
        library = build()
        core, sequential = self.extensions
        # -isystem: libvpx's headers are not held to our warning flags.
        core.extra_compile_args += [f"-isystem{path}" for path in library.include_dirs]
        core.extra_objects = [str(library.archive)]
        sequential.sources = translate(sequential)
        if self.keeps_objects:
            self.build_temp = str(OBJECTS)
        self.force = True  # headers are dependencies too: needs_recompile() knows better
        flags = [*core.extra_compile_args, *sequential.extra_compile_args, str(library.archive)]
        note_flags(" ".join(flags))
        super().build_extensions()


class SourceRelease(sdist):
    """An sdist with libvpx's patched source inside: it installs without fetching.

    The same tree gives the same bytes.
    """

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Add the patched tree and the SHA-256 of its files."""
        super().make_release_tree(base_dir, files)
        with patched_source() as tree:
            ship_tree(tree, Path(base_dir) / "third_party" / "libvpx" / "source")

    def make_archive(  # type: ignore[override]
        self,
        base_name: str,
        format: str,  # noqa: A002 - setuptools' own word
        root_dir: Any = None,
        base_dir: str | None = None,
        owner: str | None = None,
        group: str | None = None,
    ) -> str:
        """Pack the tree; setuptools would record times, owners and the file system's order."""
        if format != "gztar" or base_dir is None:
            raise ValueError(f"sdists are .tar.gz, not {format}")
        target = f"{base_name}.tar.gz"
        pack(Path(base_dir), Path(target))
        return target


def translate(extension: Extension) -> list[str]:
    """Have Cython write C from SEQUENTIAL, if that, its types or this file changed; name the C."""
    written = GENERATED / SEQUENTIAL.with_suffix(".c")
    (translated,) = cythonize(
        [extension],
        build_dir=str(GENERATED),
        compiler_directives=CYTHON_DIRECTIVES,
        force=not written.exists() or written.stat().st_mtime < Path(__file__).stat().st_mtime,
        quiet=True,
    )
    return list(translated.sources)


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


def core_extension() -> Extension:
    """The extension over ``csrc``, libvpx not yet named."""
    werror = ["-Werror"] if os.environ.get("PALANTIR_WERROR") == "1" else []
    return Pybind11Extension(
        "palantir._core",
        sorted(str(path.relative_to(ROOT)) for path in (ROOT / "csrc").glob("*.cpp")),
        include_dirs=["csrc"],
        extra_compile_args=[*FLAGS, *werror],
        extra_link_args=["-pthread", *HIDDEN],
        cxx_std=17,
    )


def sequential_extension() -> Extension:
    """The paper's vanilla greedy, compiled from Python: found before the .py of the same name."""
    return Extension(
        "palantir.schedule.sequential",
        [str(SEQUENTIAL)],
        depends=[str(SEQUENTIAL.with_suffix(".pxd"))],
        extra_link_args=HIDDEN,
        # Generated C is not held to our warning flags; sums round as in Python.
        extra_compile_args=PLAIN_FLAGS,
    )


def main() -> None:
    """Hand over to setuptools, one line where libvpx's source or a licence cannot be had."""
    ParallelCompile("PALANTIR_JOBS", needs_recompile=needs_recompile).install()
    try:
        place_licences()
        place_pybind11_licence()
        setup(
            ext_modules=[core_extension(), sequential_extension()],
            cmdclass={"build_ext": BuildNative, "sdist": SourceRelease},
        )
    except LibvpxError as error:
        sys.exit(f"libvpx: {error}")
    except LicenceError as error:
        sys.exit(f"pybind11: {error}")


main()
