"""The benchmark clip: 854x480 VP9 by the recipe's encoder, from the demo's HR clip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path

import av

from palantir.media import Colour, Planes, VideoSink
from palantir.media.pictures import to_planes

__all__ = ["FRAMES", "benchmark_clip"]

FRAMES = 300
_SIZE = (854, 480)
_RECIPE = {
    "deadline": "realtime", "cpu-used": "5", "g": "60", "auto-alt-ref": "1",
    "lag-in-frames": "16", "b": "1800k", "crf": "-1",
}  # fmt: skip


def benchmark_clip() -> Path:
    """Makes the clip once, in build/bench: the HR clip scaled down, played to and fro."""
    path = Path("build/bench/854x480.webm")
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    hr = subprocess.run(
        [sys.executable, "videos/get"], check=True, capture_output=True, text=True
    ).stdout.strip()
    sink = VideoSink(
        path, *_SIZE, Fraction(25), Fraction(1, 25), Colour("bt709", False), options=_RECIPE
    )
    with sink:
        for index, planes in enumerate(islice(_to_and_fro(hr), FRAMES)):
            sink.write(planes, index)
    return path


def _to_and_fro(hr: str) -> Iterator[Planes]:
    with av.open(hr) as container:
        frames = [
            to_planes(frame.reformat(*_SIZE, interpolation="BICUBIC"))
            for frame in container.decode(video=0)
        ]
    return cycle(chain(frames, reversed(frames)))
