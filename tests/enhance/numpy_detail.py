"""Detail reuse once more, slowly and plainly in NumPy, from a frame's exported trace.

Written from docs/method.md and the VP9 specification (8.5.2), not from csrc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.tiles import Tile
from tests.enhance import numpy_filters
from tests.enhance.numpy_reuse import Integers, Part, parts_of

__all__ = [
    "FAINT",
    "FULL",
    "MOVED",
    "NONE",
    "Map",
    "Shown",
    "detail_map",
    "render",
    "smoothed",
    "spot_sums",
    "trust",
]

FULL = 32767  # confidence 1
MOVED = 28672  # 7/8, of what has moved at most
NONE = -(10**6)  # of detail: there is none
FAINT = FULL // 50
FARTHEST = 16383  # 1/8 LR pixel


class Shown(NamedTuple):
    """What a source showed, and the box around its anchors: left, top, right, bottom."""

    luma: NDArray[Any]
    box: tuple[int, int, int, int]

    @classmethod
    def of(cls, luma: NDArray[Any], anchors: Sequence[Tile]) -> Shown:
        """An empty box where there are no anchors."""
        left, top, right, bottom = zip(*anchors, strict=True) if anchors else [(0,)] * 4
        return cls(luma, (min(left), min(top), max(right), max(bottom)))


Pictures = Mapping[int, Shown]


class Map(NamedTuple):
    """For each spot of 2x2 LR pixels: coded index of the source, displacement, confidence."""

    source: Integers
    down: Integers
    across: Integers
    confidence: Integers


def confidence(made: Map, luma: NDArray[Any], shown: Pictures, fade: float) -> Integers:
    """Of spots that have a source: 7/8 of `t = exp(-(miss / (fade + gradient))^2)` times its mean.

    1 is 32768, 0 elsewhere; `shown` has the sources by coded index.
    """
    own = np.where(made.confidence > 0, trust(luma, _found(made, shown), fade), 0)
    return np.asarray((own * smoothed(own) * MOVED + (1 << 15)) >> 16)


def trust(luma: NDArray[Any], found: Integers, fade: float) -> Integers:
    """`exp(-(miss / (fade + gradient))^2)` of spots, 1 is 256; `found`: 64 times sums of 2x2."""
    spots = spot_sums(luma)
    padded = np.pad(spots, 1, mode="edge")
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    gradient = smoothed((abs(across) + abs(down) + 4) // 8)  # half grey levels a pixel
    tolerance = np.float32(max(256 * fade, 1e-3)) + np.float32(128) * gradient.astype(np.float32)
    share = (64 * spots - found).astype(np.float32) / tolerance
    base = np.maximum(np.float32(1) - share * share * np.float32(0.125), np.float32(0))
    fourth = (base * base) * (base * base)
    return np.asarray((fourth * fourth * np.float32(256) + np.float32(0.5)).astype(np.int64))


def _found(made: Map, shown: Pictures) -> Integers:
    """64 times the sums of 2x2 pixels that spots see at their displaced places, bilinearly."""
    found = np.zeros_like(made.source)
    for index in np.unique(made.source[made.confidence > 0]):
        here = (made.source == index) & (made.confidence > 0)
        luma, (left, top, right, bottom) = shown[int(index)]
        pixels = np.pad(luma.astype(np.int64), ((0, 2), (0, 2)), mode="edge")
        sums = pixels[:-1, :-1] + pixels[1:, :-1] + pixels[:-1, 1:] + pixels[1:, 1:]
        y, x = (16 * position[here] for position in np.indices(here.shape))
        y = (y + made.down[here]).clip(8 * top, 8 * (bottom - 1))
        x = (x + made.across[here]).clip(8 * left, 8 * (right - 1))
        found[here] = sum(
            wy * wx * sums[y // 8 + j, x // 8 + i]
            for j, wy in enumerate((8 - y % 8, y % 8))
            for i, wx in enumerate((8 - x % 8, x % 8))
        )
    return found


def spot_sums(luma: NDArray[Any]) -> Integers:
    """Of 2x2 pixels, the last column and row counting twice where sides are odd."""
    even = np.pad(luma.astype(np.int64), [(0, side % 2) for side in luma.shape], mode="edge")
    return np.asarray(even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2])


def smoothed(values: Integers) -> Integers:
    """Mean of each and those around it, with weights 3, 4 and 3 in both directions."""
    padded = np.pad(values, 1, mode="edge")
    height, width = values.shape
    total = sum(
        (4 - abs(j - 1)) * (4 - abs(i - 1)) * padded[j : j + height, i : i + width]
        for j in range(3) for i in range(3)
    )  # fmt: skip
    return np.asarray((total + 50) // 100)


def detail_map(
    frame: CodedFrame,
    references: Mapping[int, Map],
    shown: Pictures,
    fade: float,
    anchors: Sequence[Tile],
) -> Map:
    """Where the frame's spots take their detail from; `shown` has all sources."""
    height, width = ((side + 1) // 2 for side in frame.planes[0].shape)
    fitting = [known for known in references.values() if known.source.shape == (height, width)]
    sources = [known.source[known.confidence > 0] for known in fitting]
    age = frame.index - min((int(each.min()) for each in sources if each.size), default=0)
    made = Map(*(np.zeros((height, width), np.int64) for _ in range(4)))
    for block in frame.blocks:
        if block["inter"] and block["usable"]:
            for r in range(int(block["inter"])):
                known = references.get(int(block["reference"][r]))
                for part in parts_of(frame, block, r, 0) if known else ():
                    assert known is not None
                    _take(made, known, part, age)
    _settle(made, confidence(made, frame.planes[0], shown, fade))
    for left, top, right, bottom in anchors:
        area = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
        for plane, value in zip(made, (frame.index, 0, 0, FULL), strict=True):
            plane[area] = value
    return made


def _take(made: Map, reference: Map, part: Part, age: int) -> None:
    """What the reference has at the displaced spots, where that is trusted more."""
    height, width = made.source.shape
    rows = np.arange(part.y // 2, (part.y + part.height + 1) // 2)
    columns = np.arange(part.x // 2, (part.x + part.width + 1) // 2)
    rounding = int(f"{age % 16:04b}"[::-1], 2)  # in 1/16 spot
    down, across = (int(component) for component in part.vector)
    from_rows = (rows + (down + rounding) // 16).clip(0, height - 1)[:, None]
    from_columns = (columns + (across + rounding) // 16).clip(0, width - 1)
    here, there = np.ix_(rows, columns), (from_rows, from_columns)
    better = reference.confidence[there] > made.confidence[here]
    for plane, other, added in zip(made, reference, (0, down, across, 0), strict=True):
        plane[here] = np.where(better, other[there] + added, plane[here])


def _settle(made: Map, trust: Integers) -> None:
    alive = made.confidence > 0
    made.confidence[:] = np.where(alive, trust, 0)
    y, x = np.indices(trust.shape)
    rows, columns = y + (made.down + 8) // 16, x + (made.across + 8) // 16
    gone = (made.confidence < FAINT) | (rows < 0) | (columns < 0)
    gone |= (rows >= trust.shape[0]) | (columns >= trust.shape[1])
    gone |= (np.abs(made.down) > FARTHEST) | (np.abs(made.across) > FARTHEST)
    made.confidence[gone] = 0


def render(
    frame: CodedFrame,
    made: Map,
    sources: Mapping[int, Sequence[NDArray[Any]]],
    scale: int,
    filters: NDArray[np.int16] | None = None,
) -> list[NDArray[np.uint8]]:
    """(1 - w) * U(LR) + w * (bicubic + detail), w the confidence, 0 at spots without detail.

    `sources` have the detail of whole planes, NONE without anchor. U of luma is by the `filters`,
    if there are any.
    """
    planes = []
    for p, lr in enumerate(frame.native.planes):
        side, unit = (scale, 16) if p else (2 * scale, 8)
        base, other = (
            _core.upscale(lr, scale, kernel).astype(np.int64) for kernel in ("sharp", "bicubic")
        )
        if filters is not None and p == 0:
            base = numpy_filters.upscale(lr, filters).astype(np.int64)
        height, width = base.shape
        spread = [plane.repeat(side, 0).repeat(side, 1)[:height, :width] for plane in made]
        source, down, across, trust = spread
        y, x = np.indices(base.shape)
        rows, columns = (
            position + (2 * displacement * scale + unit) // (2 * unit)
            for position, displacement in ((y, down), (x, across))
        )
        detail = np.full(base.shape, NONE)
        for index in np.unique(source[trust > 0]):
            shown = (source == index) & (trust > 0) & (rows >= 0) & (columns >= 0)
            shown &= (rows < height) & (columns < width)
            detail[shown] = sources[index][p][rows[shown], columns[shown]]
        known = detail != NONE
        starts = [np.arange(0, length, side) for length in base.shape]
        spots = np.logical_or.reduceat(np.logical_or.reduceat(known, starts[0]), starts[1], axis=1)
        trust = trust * spots.repeat(side, 0).repeat(side, 1)[:height, :width]
        added = ((other + np.where(known, detail, 0) - base) * trust + (1 << 14)) >> 15
        planes.append(np.clip((base + added + 32) >> 6, 0, 255).astype(np.uint8))
    return planes
