"""PALANTIR_SIMD chooses the instruction set, and frames do not depend on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEVELS = ["scalar", "sse2", "avx2", "avx512", "neon"]
PROGRAM = """
import hashlib, sys
import numpy as np
from palantir import _core
from palantir.codec import decode
hash, pool, maps, random = hashlib.sha256(), _core.BufferPool(), {}, np.random.default_rng(1)
for frame in decode(sys.argv[1]):
    known = {i: maps[i] for i in frame.references if i in maps}
    source = _core.DetailSource(frame.native, 4, [(8, 4, 32, 20)], pool)
    added = random.integers(-9000, 9000, (64, 96)).astype(np.int16)
    source.add(0, 32, 16, added, pool)
    made = _core.reuse_detail(frame.native, known, 4, 16.0, source, pool)
    maps[frame.index] = made
    for plane in _core.render_detail(frame.native, made, 4, pool):
        hash.update(plane)
print(_core.simd_level(), hash.hexdigest())
"""


def run(level: str | None, clip: Path) -> tuple[str, str]:
    environment = {key: text for key, text in os.environ.items() if key != "PALANTIR_SIMD"}
    if level is not None:
        environment["PALANTIR_SIMD"] = level
    command = [sys.executable, "-c", PROGRAM, str(clip)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    used, digest = ran.stdout.split()
    return used, digest


@pytest.fixture(scope="module")
def best(rich_clip: Path) -> tuple[str, str]:
    return run(None, rich_clip)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_gives_the_same_frames(
    level: str, best: tuple[str, str], rich_clip: Path
) -> None:
    used, digest = run(level, rich_clip)
    assert digest == best[1]
    # One that the machine lacks means the best; all machines have the scalar loops.
    assert used in (level, best[0])
    if level == "scalar":
        assert used == "scalar"


@pytest.mark.parametrize("level", ["", "AVX2", "mmx"])
def test_an_unknown_level_means_the_best(
    level: str, best: tuple[str, str], rich_clip: Path
) -> None:
    assert run(level, rich_clip) == best
