"""Pairs of (coded LR, HR): made from HR clips or given, read frame by frame or into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from palantir.enhance.colour import picture_to_rgb
from palantir.enhance.network_input import range_change
from palantir.errors import MediaError
from palantir.media import Colour, Plane, Planes, encode_lr, lr_size, probe, read_frames
from palantir.media.encode import default_bitrate

__all__ = ["HOLDOUT", "ClipPair", "CodedClip", "Source", "Track", "code_clip", "make_pair"]

HOLDOUT = 6  # last frames of each clip, to validate on
LIMIT = 4 * 2**30  # bytes of pictures that one clip may take in memory

Pictures = NDArray[np.uint8]  # [frames, channels, height, width]
Channels = Literal["luma", "rgb"]


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


@dataclass(frozen=True)
class Track:
    """A file's frames `first..last` (inclusive; None = to the end), cropped to `size`.

    size  (width, height)
    """

    path: Path
    size: tuple[int, int]
    colour: Colour
    first: int = 0
    last: int | None = None

    def picture(self, planes: Planes, channels: Channels) -> NDArray[np.uint8]:
        """A frame as the networks take it: luma in limited range, or RGB; [c, h, w]."""
        if channels == "luma":
            return self.luma(planes, full_range=False)[None]
        return self._cropped(np.rint(picture_to_rgb(planes, self.colour) * 255).astype(np.uint8))

    def luma(self, planes: Planes, full_range: bool) -> Plane:
        """A frame's luma in full or limited range."""
        gain, offset = range_change(self.colour, "full" if full_range else "limited")
        if gain == 1:
            return self._cropped(planes[0])
        return self._cropped(np.rint(planes[0] * gain + offset).clip(0, 255).astype(np.uint8))

    def missing(self, got: int) -> MediaError:
        """What is raised where the file ends after `got` of the frames."""
        end = "" if self.last is None else self.last
        only = f", only {got} of them" if got else ""
        return MediaError(f"{self.path}: has no frames {self.first}..{end}{only}")

    def _cropped(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        width, height = self.size
        cropped = picture[..., :height, :width]
        if cropped.shape[-2:] != (height, width):
            raise MediaError(f"{self.path}: its frames change their size")
        return np.ascontiguousarray(cropped)


@dataclass(frozen=True)
class CodedClip:
    """HR beside its LR at some bit rates, to be read frame by frame."""

    hr: Track
    lr: tuple[Track, ...]

    def frames(self) -> Iterator[list[Planes]]:
        """Planes of each frame: HR's, then those of each LR.

        Raises MediaError where a file cannot be read or ends before the frames asked for.
        """
        tracks = (self.hr, *self.lr)
        streams = [islice(read_frames(track.path), track.first, None) for track in tracks]
        first, last = self.hr.first, self.hr.last
        for number in count() if last is None else range(last - first + 1):
            frames = [next(stream, None) for stream in streams]
            if frames[0] is None and last is None and number:
                return
            yield [_found(one, track, number) for one, track in zip(frames, tracks, strict=True)]

    def luma(self, frames: Sequence[Planes]) -> tuple[Plane, Plane]:
        """Of one of `frames`: LR at the first rate as its stream has it, and HR in that range."""
        full_range = self.lr[0].colour.full_range
        return self.lr[0].luma(frames[1], full_range), self.hr.luma(frames[0], full_range)


def make_pair(
    source: Source,
    scale: int,
    rates: Sequence[float],
    cache: Path,
    colour: Channels = "luma",
    look: Callable[[Plane, Plane], None] | None = None,
) -> ClipPair:
    """Codes `source` at each multiple of the recipe's bit rate (kept in `cache`), and reads all.

    Each frame's luma, as `CodedClip.luma` has it, is shown to `look` on the way. Raises MediaError
    as `code_clip` and `CodedClip.frames` do, and for more frames than can be held in memory.
    """
    clip = code_clip(source, scale, rates, cache, _most(source, scale, colour))
    tracks = (clip.hr, *clip.lr)
    pictures: list[list[NDArray[np.uint8]]] = [[] for _ in tracks]
    for frames in clip.frames():
        if look is not None:
            look(*clip.luma(frames))
        for kept, track, planes in zip(pictures, tracks, frames, strict=True):
            kept.append(track.picture(planes, colour))
        _check_room(pictures[0], source)
    hr = np.stack(pictures.pop(0))
    lr = np.stack([np.stack(kept) for kept in pictures])
    return ClipPair(source.path.name, hr, lr, source.first)


def code_clip(
    source: Source, scale: int, rates: Sequence[float], cache: Path, most: int | None = None
) -> CodedClip:
    """Codes `source`, at most so many frames, at each multiple of the recipe's bit rate.

    The files are in `cache`, and taken from there if they were. Where the source has its LR, this
    is taken instead. HR is to be cropped to LR times `scale`, as coding crops it. Raises MediaError
    for a clip that cannot be read, and for an LR that is not HR at 1/`scale`.
    """
    if source.lr is not None:
        return _given_clip(source, source.lr, scale)
    facts = probe(source.path)
    size = lr_size(facts.width, facts.height, scale)
    kilobits = default_bitrate(*size)
    cache.mkdir(parents=True, exist_ok=True)
    files = [_encoded(source, scale, kilobits * rate, cache, most) for rate in rates]
    colour = probe(files[0]).colour  # of an untagged clip, coding and playing assume others
    hr = Track(source.path, _times(size, scale), colour, source.first, source.last)
    return CodedClip(hr, tuple(Track(file, size, colour) for file in files))


def _given_clip(source: Source, lr: Path, scale: int) -> CodedClip:
    facts, small = probe(source.path), probe(lr)
    width, height = size = small.width, small.height
    if not (facts.width - 2 * scale < width * scale <= facts.width) or not (
        facts.height - 2 * scale < height * scale <= facts.height
    ):
        raise MediaError(
            f"{lr}: is {width}x{height}, which is not 1/{scale} of {source.path.name}'s "
            f"{facts.width}x{facts.height}"
        )
    part = (source.first, source.last)
    hr = Track(source.path, _times(size, scale), facts.colour, *part)
    return CodedClip(hr, (Track(lr, size, small.colour, *part),))


def _times(size: tuple[int, int], scale: int) -> tuple[int, int]:
    return size[0] * scale, size[1] * scale


def _found(planes: Planes | None, track: Track, number: int) -> Planes:
    if planes is None:
        raise track.missing(number)
    return planes


def _most(source: Source, scale: int, colour: Channels) -> int:
    """How many frames are enough to know that there are more than can be held in memory."""
    facts = probe(source.path)
    width, height = lr_size(facts.width, facts.height, scale)
    channels = 1 if colour == "luma" else 3
    return LIMIT // (width * height * scale**2 * channels) + 1


def _check_room(pictures: Sequence[NDArray[np.uint8]], source: Source) -> None:
    if len(pictures) * pictures[0].size > LIMIT:
        raise MediaError(
            f"{source.path}: more than {LIMIT >> 30} GB of pictures after {len(pictures)} frames; "
            "take fewer of them"
        )


def _encoded(source: Source, scale: int, kbps: float, cache: Path, most: int | None) -> Path:
    frames = min((one for one in (source.frames, most) if one is not None), default=None)
    stamp = source.path.stat().st_mtime_ns
    key = f"{source.path.resolve()} {stamp} {source} {scale} {kbps:.3f} {frames}"
    lr = cache / f"{source.path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.webm"
    if not lr.exists():
        encode_lr(source.path, lr, scale, bitrate=kbps, start=source.first, frames=frames)
    return lr
