"""Writers killed with SIGKILL in the middle of their work; whole files must remain."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import numpy as np

from palantir.grid import PatchGrid
from palantir.media import VideoSink, read_frames
from palantir.media.colour import Colour
from palantir.profile import CacheProfile
from tests.media.clips import picture

__all__ = ["kill_writers"]

_PROFILE_FRAMES = 2000  # about 60 KB
_VIDEO_FRAMES = 6


def _write_profile(path: Path, version: int) -> None:
    anchors = np.random.default_rng(version).random((_PROFILE_FRAMES, 240)) < 0.5
    CacheProfile(
        (854, 480), PatchGrid(12, 20), anchors, np.arange(_PROFILE_FRAMES),
        np.ones(_PROFILE_FRAMES, np.bool_), "none", {}, 1, 1.0, 1.0, "detail", bytes(32),
    ).save(path)  # fmt: skip


def _write_video(path: Path, version: int) -> None:
    base, colour = Fraction(1, 25), Colour("bt601", False)
    with VideoSink(path, 64, 48, 1 / base, base, colour) as sink:
        for index in range(_VIDEO_FRAMES):
            sink.write(picture(index + 10 * version), index)


def _is_whole_profile(path: Path) -> bool:
    return len(CacheProfile.load(path)) == _PROFILE_FRAMES


def _is_whole_video(path: Path) -> bool:
    return len(list(read_frames(path))) == _VIDEO_FRAMES


_KINDS: dict[str, tuple[str, Callable[[Path, int], None], Callable[[Path], bool]]] = {
    "profile": ("a.pcp", _write_profile, _is_whole_profile),
    "video": ("a.mp4", _write_video, _is_whole_video),
}


def kill_writers(kind: str, kills: int, folder: Path) -> str:
    """Start a writer that replaces one file for ever and kill it, `kills` times; a line about it.

    Raises AssertionError or PalantirError if the file is ever not a whole one.
    """
    name, write, is_whole = _KINDS[kind]
    target, begin = folder / name, time.perf_counter()
    write(target, 0)
    each = time.perf_counter() - begin
    chance, midway, new = random.Random(0), 0, 0
    for _ in range(kills):
        before = target.read_bytes()
        _run_for(lambda: _for_ever(write, target), chance.uniform(0, 3 * each))
        assert is_whole(target), f"{target} is not whole"
        new += target.read_bytes() != before
        left = [path for path in folder.iterdir() if path != target]
        midway += bool(left)
        for path in left:
            path.unlink()
    return f"{kills} kills, {midway} in the middle of a write; {new} left a new file; all are whole"


def _for_ever(write: Callable[[Path, int], None], target: Path) -> None:
    for version in cycle((1, 0)):
        write(target, version)


def _run_for(work: Callable[[], None], seconds: float) -> None:
    """Do the work in a process of its own and kill that."""
    process = os.fork()
    if process == 0:
        try:
            work()
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
