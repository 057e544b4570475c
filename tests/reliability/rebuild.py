"""sdist and wheel, built twice in different places from one commit.

They are as `python -m build` gives them: the wheel before `./dev wheel` has auditwheel retag it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["built_twice"]

ROOT = Path(__file__).parents[2]


def built_twice(folder: Path) -> str:
    """Build HEAD in two folders, with libvpx compiled in each; a line for each distribution.

    Raises AssertionError where two of them differ by a byte, ValueError where `folder` holds files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty")
    commit = _git("rev-parse", "HEAD", cwd=ROOT)  # once: HEAD may move meanwhile
    first, second = (_built(folder / place, commit) for place in ("a", "another/place"))
    assert [path.name for path in first] == [path.name for path in second]
    lines = []
    for one, other in zip(first, second, strict=True):
        digest = hashlib.sha256(one.read_bytes()).hexdigest()
        assert digest == hashlib.sha256(other.read_bytes()).hexdigest(), f"{one} is not {other}"
        lines.append(f"{one.name}: {one.stat().st_size} bytes, twice the same, SHA-256 {digest}")
    return "\n".join(lines)


def _built(folder: Path, commit: str) -> list[Path]:
    """The distributions, by name, of a fresh clone with a cache of its own."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    _git("checkout", "-q", commit, cwd=clone)
    when = _git("log", "-1", "--format=%ct", cwd=clone)
    environment = {
        **os.environ, "SOURCE_DATE_EPOCH": when, "PALANTIR_CACHE": str(folder / "cache"),
    }  # fmt: skip
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist")]
    with (folder / "build.log").open("wb") as log:
        subprocess.run(
            command, cwd=clone, env=environment, check=True, stdout=log, stderr=subprocess.STDOUT
        )
    return sorted((folder / "dist").iterdir())


def _git(*words: str, cwd: Path) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()
