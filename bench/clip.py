"""Clips to measure on: the benchmark clip, which any machine can make, and those of PALANTIR_DATA.

The benchmark clip is VP9 by the recipe's encoder, 854x480 if not said otherwise, from the demo's HR
clip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path

import av

from palantir.media import Colour, Planes, VideoSink, encode_lr
from palantir.media.pictures import to_planes

__all__ = [
    "FRAMES",
    "FRAME_RATE",
    "SCALE",
    "benchmark_clip",
    "data_clips",
    "data_folder",
    "demo_clip",
    "lr_of",
]

FRAMES = 300
FRAME_RATE = 25
SCALE = 4  # of the LR streams made here
_FOLDER = Path("build/bench")
_RECIPE = {
    "deadline": "realtime", "cpu-used": "5", "g": "60", "auto-alt-ref": "1",
    "lag-in-frames": "16", "crf": "-1",
}  # fmt: skip
_BITS = 1_800_000 / (854 * 480)  # a second and pixel


def benchmark_clip(width: int = 854, height: int = 480) -> Path:
    """Makes the clip once, in build/bench: the HR clip scaled, played to and fro.

    With as many bits a pixel at every size.
    """
    path = _FOLDER / f"{width}x{height}.webm"
    if path.exists():
        return path
    hr = demo_clip()
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = Fraction(FRAME_RATE)
    options = {**_RECIPE, "b": str(round(_BITS * width * height))}
    colour = Colour("bt709", False)
    sink = VideoSink(path, width, height, rate, 1 / rate, colour, options=options)
    with sink:
        for index, planes in enumerate(islice(_to_and_fro(hr, width, height), FRAMES)):
            sink.write(planes, index)
    return path


def demo_clip() -> Path:
    """The demo's HR clip, which `videos/get` fetches if it is not there."""
    told = subprocess.run(
        [sys.executable, "videos/get"], check=True, capture_output=True, text=True
    )  # fmt: skip
    return Path(told.stdout.strip())


def data_folder() -> Path | None:
    """What PALANTIR_DATA names; None where it is not set."""
    folder = os.environ.get("PALANTIR_DATA")
    return Path(folder) if folder else None


def data_clips() -> list[Path]:
    """The HR clips of the data folder; none where PALANTIR_DATA is not set."""
    folder = data_folder()
    return sorted((folder / "video").glob("*.mp4")) if folder else []


def lr_of(clip: Path, frames: int) -> Path:
    """The LR stream of an HR clip's first frames, a quarter of its size; made once."""
    lr = _FOLDER / f"{clip.stem}_{frames}.webm"
    lr.parent.mkdir(parents=True, exist_ok=True)
    if not lr.exists():
        encode_lr(clip, lr, SCALE, frames=frames)
    return lr


def _to_and_fro(hr: Path, width: int, height: int) -> Iterator[Planes]:
    with av.open(str(hr)) as container:
        frames = [
            to_planes(frame.reformat(width, height, interpolation="BICUBIC"))
            for frame in container.decode(video=0)
        ]
    return cycle(chain(frames, reversed(frames)))
