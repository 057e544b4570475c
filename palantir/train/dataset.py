"""Pairs of (coded LR, HR): made from HR clips or given, and read into memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from palantir.enhance.colour import picture_to_rgb
from palantir.enhance.network_input import range_change
from palantir.errors import MediaError
from palantir.media import Colour, Planes, encode_lr, lr_size, probe, read_frames
from palantir.media.encode import default_bitrate

__all__ = ["HOLDOUT", "ClipPair", "Source", "make_pair"]

HOLDOUT = 6  # last frames of each clip, to validate on
LIMIT = 4 * 2**30  # bytes of pictures that one clip may take in memory

Pictures = NDArray[np.uint8]  # [frames, channels, height, width]


@dataclass(frozen=True)
class Source:
    """Frames `first..last` (inclusive; last None = to the end) of an HR clip, and its licence.

    `lr` is its low-resolution version, frame by frame; None: it will be made.
    """

    path: Path
    first: int = 0
    last: int | None = None
    licence: str = "unstated"
    lr: Path | None = None

    @property
    def frames(self) -> int | None:
        """How many frames, None if that depends on the clip's end."""
        return None if self.last is None else self.last - self.first + 1

    def __str__(self) -> str:
        end = "" if self.last is None else self.last
        return f"{self.path.name} frames {self.first}..{end} ({self.licence})"


@dataclass(frozen=True)
class ClipPair:
    """HR uint8 [f, c, h*s, w*s] and, for each bit rate, its LR uint8 [r, f, c, h, w].

    c is 1 (luma as coded in limited range) or 3 (RGB). `first` is the first frame's number in
    the clip `name`.
    """

    name: str
    hr: Pictures
    lr: NDArray[np.uint8]
    first: int = 0

    @property
    def scale(self) -> int:
        """HR size / LR size."""
        return int(self.hr.shape[2] // self.lr.shape[3])

    @property
    def numbers(self) -> str:
        """Which frames of the clip these are."""
        return f"{self.name} frames {self.first}..{self.first + len(self.hr) - 1}"

    def split(self) -> tuple[ClipPair, ClipPair]:
        """The frames to fit on, and the last `HOLDOUT` frames to validate on.

        Raises MediaError where that leaves nothing to fit on.
        """
        if len(self.hr) <= HOLDOUT:
            raise MediaError(
                f"{self.name}: has {len(self.hr)} frames; more than {HOLDOUT} are needed"
            )
        cut = len(self.hr) - HOLDOUT
        return (
            ClipPair(self.name, self.hr[:cut], self.lr[:, :cut], self.first),
            ClipPair(self.name, self.hr[cut:], self.lr[:, cut:], self.first + cut),
        )

    def middle(self, size: int) -> ClipPair:
        """The middle of the pictures, at most `size` LR pixels high and wide."""
        height, width = self.lr.shape[3:]
        top, left = max(0, height - size) // 2, max(0, width - size) // 2
        rows, columns = slice(top, top + size), slice(left, left + size)
        s = self.scale
        hr_rows, hr_columns = (slice(e.start * s, e.stop * s) for e in (rows, columns))
        hr, lr = self.hr[..., hr_rows, hr_columns], self.lr[..., rows, columns]
        return ClipPair(self.name, hr, lr, self.first)


def make_pair(
    source: Source,
    scale: int,
    rates: Sequence[float],
    cache: Path,
    colour: Literal["luma", "rgb"] = "luma",
) -> ClipPair:
    """Codes `source` at each multiple of the recipe's bit rate (kept in `cache`), and reads all.

    Where the source has its LR, this is read instead. HR is cropped to LR times `scale`, as coding
    crops it. Raises MediaError for a clip that cannot be read, has not these frames or too many to
    be held in memory, and for an LR that is not HR at 1/`scale`.
    """
    facts = probe(source.path)
    width, height = lr_size(facts.width, facts.height, scale)
    if source.lr is None:
        hr = _read(source, (width * scale, height * scale), colour, _coded_colour(source, scale))
        kilobits = default_bitrate(width, height)
        cache.mkdir(parents=True, exist_ok=True)
        files = [_encoded(source, scale, kilobits * rate, cache) for rate in rates]
        parts = [Source(file, 0, len(hr) - 1) for file in files]
    else:
        small = probe(source.lr)
        width, height = small.width, small.height
        if not (facts.width - 2 * scale < width * scale <= facts.width) or not (
            facts.height - 2 * scale < height * scale <= facts.height
        ):
            raise MediaError(
                f"{source.lr}: is {width}x{height}, which is not 1/{scale} of {source.path.name}'s "
                f"{facts.width}x{facts.height}"
            )
        hr = _read(source, (width * scale, height * scale), colour, facts.colour)
        parts = [Source(source.lr, source.first, source.first + len(hr) - 1)]
    lr = [_read(part, (width, height), colour, probe(part.path).colour) for part in parts]
    return ClipPair(source.path.name, hr, np.stack(lr), source.first)


def _read(
    source: Source, size: tuple[int, int], channels: Literal["luma", "rgb"], colour: Colour
) -> Pictures:
    """The source's own frames, cropped to `size`."""
    stop = None if source.frames is None else source.first + source.frames
    pictures: list[Pictures] = []
    for picture in _pictures(
        islice(read_frames(source.path), source.first, stop), channels, colour
    ):
        cropped = picture[:, : size[1], : size[0]]
        if cropped.shape[1:] != size[::-1]:
            raise MediaError(f"{source.path}: its frames change their size")
        pictures.append(np.ascontiguousarray(cropped))
        if len(pictures) * cropped.size > LIMIT:
            raise MediaError(
                f"{source.path}: more than {LIMIT >> 30} GB of pictures after "
                f"{len(pictures)} frames; take fewer of them"
            )
    if not pictures or (source.frames is not None and len(pictures) < source.frames):
        end = "" if stop is None else stop - 1
        got = f", only {len(pictures)} of them" if pictures else ""
        raise MediaError(f"{source.path}: has no frames {source.first}..{end}{got}")
    return np.stack(pictures)


def _pictures(
    frames: Iterator[Planes], channels: Literal["luma", "rgb"], colour: Colour
) -> Iterator[Pictures]:
    """Each frame as the networks take it: luma in limited range, or RGB; uint8 [c, h, w]."""
    gain, offset = range_change(colour, "limited")
    for planes in frames:
        if channels == "rgb":
            yield np.rint(picture_to_rgb(planes, colour) * 255).astype(np.uint8)
        elif gain == 1:
            yield np.array(planes[0])[None]
        else:
            yield np.rint(planes[0] * gain + offset).astype(np.uint8)[None]


def _coded_colour(source: Source, scale: int) -> Colour:
    """What LR will be tagged: of an untagged clip, coding and playing assume different matrices."""
    with tempfile.TemporaryDirectory() as folder:
        lr = Path(folder) / "one.webm"
        encode_lr(source.path, lr, scale, frames=1)
        return probe(lr).colour


def _encoded(source: Source, scale: int, kbps: float, cache: Path) -> Path:
    stamp = source.path.stat().st_mtime_ns
    key = f"{source.path.resolve()} {stamp} {source} {scale} {kbps:.3f}"
    lr = cache / f"{source.path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.webm"
    if not lr.exists():
        frames = source.frames
        encode_lr(source.path, lr, scale, bitrate=kbps, start=source.first, frames=frames)
    return lr
