"""Pairs of (coded LR luma, HR luma): made from HR clips, read into memory, cut into patches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from palantir.errors import MediaError
from palantir.media import encode_lr, lr_size, probe, read_frames
from palantir.media.encode import default_bitrate
from palantir.train.bicubic import upscale_matrix

__all__ = ["ClipPair", "PatchSampler", "Source", "make_pair"]

CONTEXT = 2  # LR pixels that U reads around a patch


@dataclass(frozen=True)
class Source:
    """Frames `first..last` (inclusive; last None = to the end) of an HR clip, and its licence."""

    path: Path
    first: int = 0
    last: int | None = None
    licence: str = "unstated"

    @property
    def frames(self) -> int | None:
        """How many frames, None if that depends on the clip's end."""
        return None if self.last is None else self.last - self.first + 1

    def __str__(self) -> str:
        end = "" if self.last is None else self.last
        return f"{self.path.name} frames {self.first}..{end} ({self.licence})"


@dataclass(frozen=True)
class ClipPair:
    """HR luma uint8 [f, h*s, w*s] and, for each bit rate, its LR luma uint8 [r, f, h, w]."""

    name: str
    hr: NDArray[np.uint8]
    lr: NDArray[np.uint8]

    @property
    def scale(self) -> int:
        """HR size / LR size."""
        return int(self.hr.shape[1] // self.lr.shape[2])

    def split(self, holdout: int) -> tuple[ClipPair, ClipPair]:
        """The frames to fit on, and the last `holdout` frames to validate on."""
        cut = len(self.hr) - holdout
        return (
            ClipPair(self.name, self.hr[:cut], self.lr[:, :cut]),
            ClipPair(self.name, self.hr[cut:], self.lr[:, cut:]),
        )


def _luma(path: Path, first: int, frames: int | None) -> NDArray[np.uint8]:
    stop = None if frames is None else first + frames
    planes = [np.array(luma) for luma, _, _ in islice(read_frames(path), first, stop)]
    if not planes or (frames is not None and len(planes) < frames):
        end = "" if stop is None else stop - 1
        raise MediaError(f"{path}: has no frames {first}..{end}")
    return np.stack(planes)


def _encoded(source: Source, scale: int, kbps: float, cache: Path) -> Path:
    stamp = source.path.stat().st_mtime_ns
    key = f"{source.path.resolve()} {stamp} {source} {scale} {kbps:.3f}"
    lr = cache / f"{source.path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.webm"
    if not lr.exists():
        frames = source.frames
        encode_lr(source.path, lr, scale, bitrate=kbps, start=source.first, frames=frames)
    return lr


def make_pair(source: Source, scale: int, rates: Sequence[float], cache: Path) -> ClipPair:
    """Codes `source` at each multiple of the recipe's bit rate (kept in `cache`), and reads all.

    HR is cropped to LR times `scale`, as coding crops it. Raises MediaError for a clip that
    cannot be read or has not these frames.
    """
    facts = probe(source.path)
    width, height = lr_size(facts.width, facts.height, scale)
    recipe = default_bitrate(width, height)
    cache.mkdir(parents=True, exist_ok=True)
    files = [_encoded(source, scale, recipe * rate, cache) for rate in rates]
    hr = _luma(source.path, source.first, source.frames)[:, : height * scale, : width * scale]
    return ClipPair(source.path.name, hr, np.stack([_luma(file, 0, len(hr)) for file in files]))


class PatchSampler:
    """Random patches of random frames and rates, in one of the eight orientations of a square."""

    def __init__(self, pairs: Sequence[ClipPair], patch: int, seed: int) -> None:
        self._pairs, self._patch, self._scale = pairs, patch, pairs[0].scale
        self._random = np.random.default_rng(seed)
        edge = ((0, 0), (0, 0), (CONTEXT, CONTEXT), (CONTEXT, CONTEXT))
        self._padded = [np.pad(pair.lr, edge, mode="edge") for pair in pairs]
        frames = np.array([len(pair.hr) for pair in pairs])
        self._share = frames / frames.sum()
        inner = slice(CONTEXT * self._scale, (CONTEXT + patch) * self._scale)
        whole = upscale_matrix(patch + 2 * CONTEXT, self._scale)
        self._upscale = torch.from_numpy(whole[inner].astype(np.float32))

    @property
    def state(self) -> dict[str, object]:
        """The random generator's state: set it to go on where an earlier run stopped."""
        return dict(self._random.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, object]) -> None:
        self._random.bit_generator.state = state

    def _cut(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """One patch: LR with CONTEXT pixels around it, and the HR it should become."""
        choose, size, scale = self._random.integers, self._patch, self._scale
        clip = int(self._random.choice(len(self._pairs), p=self._share))
        rates, frames, height, width = self._pairs[clip].lr.shape
        rate, frame = choose(rates), choose(frames)
        y, x = int(choose(height - size + 1)), int(choose(width - size + 1))
        reach = size + 2 * CONTEXT
        lr = self._padded[clip][rate, frame, y : y + reach, x : x + reach]
        hr = self._pairs[clip].hr[frame, y * scale : (y + size) * scale]
        hr = hr[:, x * scale : (x + size) * scale]
        turns, mirrored = int(choose(4)), bool(choose(2))
        lr, hr = np.rot90(lr, turns), np.rot90(hr, turns)
        return (lr[:, ::-1], hr[:, ::-1]) if mirrored else (lr, hr)

    def batches(self, count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Endless (luma [count, 1, p, p], detail [count, 1, p*s, p*s]), float32, in units of 1."""
        while True:
            lr_cuts, hr_cuts = zip(*(self._cut() for _ in range(count)), strict=True)
            lr = torch.from_numpy(np.stack(lr_cuts)[:, None].astype(np.float32) / 255)
            hr = torch.from_numpy(np.stack(hr_cuts)[:, None].astype(np.float32) / 255)
            detail = hr - self._upscale @ lr @ self._upscale.T
            inner = slice(CONTEXT, CONTEXT + self._patch)
            yield lr[..., inner, inner].contiguous(), detail
