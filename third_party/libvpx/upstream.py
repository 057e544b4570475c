"""The pinned upstream: version and SHA-256 of every file, read from ``upstream.toml``."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HERE", "SOURCE_VARIABLE", "LibvpxError", "Pin", "Upstream", "sha256_of"]

HERE = Path(__file__).resolve().parent
SOURCE_VARIABLE = "PALANTIR_LIBVPX_SOURCE"


class LibvpxError(Exception):
    """libvpx cannot be fetched or built; the message is one line for the person who reads it."""


@dataclass(frozen=True)
class Pin:
    """One file of the source package and the SHA-256 it must have."""

    name: str
    sha256: str

    def check(self, path: Path) -> Path:
        """Return ``path`` if it is this file; raise :class:`LibvpxError` if it is another."""
        if not path.is_file():
            raise LibvpxError(f"{self.name} is missing in {path.parent}")
        found = sha256_of(path)
        if found != self.sha256:
            raise LibvpxError(
                f"{path} is not {self.name}: expected SHA-256 {self.sha256}, found {found}"
            )
        return path


@dataclass(frozen=True)
class Upstream:
    """Debian's source package of libvpx: where it is and what it must contain."""

    package: str
    version: str
    folder: str
    suites: tuple[str, ...]
    upstream: Pin
    debian: Pin

    @classmethod
    def read(cls, path: Path = HERE / "upstream.toml") -> Upstream:
        """Read the pins."""
        table = tomllib.loads(path.read_text())
        sums = table.pop("sha256")
        return cls(
            package=table["package"],
            version=table["version"],
            folder=table["folder"],
            suites=tuple(table["suites"]),
            upstream=Pin(*sums["upstream"]),
            debian=Pin(*sums["debian"]),
        )

    @property
    def pins(self) -> tuple[Pin, Pin]:
        """Both files of the source package."""
        return self.upstream, self.debian

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
