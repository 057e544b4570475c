"""What later frames refer to: the paper's preliminary experiment (arXiv 2408.06152, Fig. 4).

The degree of reference of a pixel is how many pixels of later coded frames name it by their motion
vectors, counted as the weights of the error graph are (docs/method.md, degree of reference).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from palantir.errors import MediaError

if TYPE_CHECKING:
    from palantir.codec import CodedFrame
    from palantir.media import VideoSource

__all__ = [
    "BLOCK_GROUPS",
    "COMPARISONS",
    "FRAME_GROUPS",
    "GROUPS",
    "ReferenceStudy",
    "common_language_effect",
    "study_frames",
    "study_references",
]

Degrees = NDArray[np.float64]

FRAME_GROUPS = {
    "key": "key frames",
    "alt-ref": "inter frames that are hidden when decoded",
    "normal": "inter frames that are shown when decoded",
}
BLOCK_GROUPS = {
    "intra": "intra blocks of inter frames",
    "inter": "inter blocks",
    "intra anywhere": "intra blocks of all frames, key and intra-only ones included",
}
GROUPS = FRAME_GROUPS | BLOCK_GROUPS
COMPARISONS = (  # the first group against the second
    ("key", "normal"),
    ("alt-ref", "normal"),
    ("intra", "inter"),
    ("intra anywhere", "inter"),
)
_SIDE = 64  # luma pixels, of the largest block
_QUARTER = 4  # luma pixels, of a quarter of a sub-8x8 block
_NONE: Degrees = np.zeros(0)


@dataclass(frozen=True, eq=False)
class ReferenceStudy:
    """Degrees of reference of the coded frames and prediction blocks of one stream, or of several.

    frames   coded frames counted; an intra-only frame is in no group of frames, its blocks are
    degrees  for each of GROUPS, float64 [n]: the mean degree over a frame's or a block's pixels,
             one value a frame or block, in decode order; n may be 0
    """

    frames: int
    degrees: Mapping[str, Degrees]

    @classmethod
    def pooled(cls, studies: Iterable[ReferenceStudy]) -> ReferenceStudy:
        """All frames and blocks of several streams as those of one."""
        parts = list(studies)
        return cls(
            sum(part.frames for part in parts),
            {group: _joined(part.degrees[group] for part in parts) for group in GROUPS},
        )

    def effect(self, first: str, second: str) -> float | None:
        """Common language effect size of one group against another; None if one is empty."""
        return common_language_effect(self.degrees[first], self.degrees[second])

    def to_dict(self) -> dict[str, Any]:
        """For JSON: n, mean and quartiles of each group, and the effect sizes; None where n is 0.

        {"frames", "groups": {group: {"n", "mean", "q1", "median", "q3"}},
        "effects": [{"first", "second", "cles"}]}, the effects in the order of COMPARISONS.
        """
        return {
            "frames": self.frames,
            "groups": {group: _summary(degrees) for group, degrees in self.degrees.items()},
            "effects": [
                {"first": first, "second": second, "cles": self.effect(first, second)}
                for first, second in COMPARISONS
            ],
        }


def common_language_effect(first: ArrayLike, second: ArrayLike) -> float | None:
    """How likely a random value of `first` exceeds one of `second`, a tie counting half; 0..1.

    None where either is empty. It is Mann-Whitney's U over the number of pairs (McGraw and Wong
    1992, "A common language effect size statistic").
    """
    ours, others = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if not (ours.size and others.size):
        return None
    from scipy.stats import mannwhitneyu

    u = mannwhitneyu(ours, others, method="asymptotic").statistic  # not the slow, exact p-value
    return float(u) / (ours.size * others.size)


def study_references(
    source: VideoSource | str | os.PathLike[str],
    *,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> ReferenceStudy:
    """Decode a VP9 stream once and count who refers to what.

    threads   decoding threads, 1..64
    progress  hears the packets done so far

    Raises MediaError (also for a stream without frames) and BitstreamError.
    """
    from palantir.codec import Decoder
    from palantir.media.source import VideoSource

    stream = source if isinstance(source, VideoSource) else VideoSource(source)
    decoder = Decoder(str(stream.path), threads=threads)

    def frames() -> Iterator[CodedFrame]:
        for packet in stream.packets():
            yield from decoder.decode(packet).frames
            if progress:
                progress(packet.index + 1)

    study = study_frames(frames())
    if not study.frames:
        raise MediaError(f"{stream.path}: the stream holds no coded frame")
    return study


def study_frames(frames: Iterable[CodedFrame]) -> ReferenceStudy:
    """Count who refers to what among all coded frames of a stream, in decode order.

    Besides the result (at most 16 bytes a block), counts are kept only of frames that one of the
    eight reference slots still holds.
    """
    held: dict[int, _HeldFrame] = {}
    done: dict[int, Mapping[str, Degrees]] = {}
    for frame in frames:
        for reference, rectangles in _references(frame):
            held[reference].refer(rectangles)
        held[frame.index] = _HeldFrame(frame)
        for index in held.keys() - set(frame.slots):
            done[index] = held.pop(index).degrees()
    done |= {index: frame.degrees() for index, frame in held.items()}
    ordered = [done[index] for index in sorted(done)]
    return ReferenceStudy(
        len(done), {group: _joined(part.get(group, _NONE) for part in ordered) for group in GROUPS}
    )


class _Rectangles(NamedTuple):
    """What motion vectors name in a reference, before positions are clamped; int64 [n] each."""

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    width: NDArray[np.int64]  # 1..64
    height: NDArray[np.int64]
    halves: NDArray[np.int64]  # what each pixel counts: 2, or 1 in compound prediction


def _references(frame: CodedFrame) -> Iterator[tuple[int, _Rectangles]]:
    """The coded-frame indices a frame refers to, each perhaps several times, and where."""
    blocks = frame.blocks
    blocks = blocks[(blocks["inter"] > 0) & (blocks["usable"] == 1)]
    for which, quarter in product(range(2), range(4)):
        some = blocks[blocks["inter"] > which]
        if quarter:
            some = some[some["split"] == 1]
        for reference in np.unique(some["reference"][:, which]).tolist():
            of_it = some[some["reference"][:, which] == reference]
            yield reference, _rectangles(frame, of_it, which, quarter)


def _rectangles(
    frame: CodedFrame, blocks: NDArray[np.void], which: int, quarter: int
) -> _Rectangles:
    """One rectangle a block: all of it, or this quarter of a sub-8x8 one; cut at the frame."""
    x = blocks["x"].astype(np.int64) + _QUARTER * (quarter % 2)
    y = blocks["y"].astype(np.int64) + _QUARTER * (quarter // 2)
    split = blocks["split"] == 1
    width = np.minimum(np.where(split, _QUARTER, blocks["width"]), frame.width - x)
    height = np.minimum(np.where(split, _QUARTER, blocks["height"]), frame.height - y)
    rows, columns = blocks["mv"][:, which, quarter].astype(np.int64).T >> 3  # eighths of a pixel
    inside = (width > 0) & (height > 0)
    halves = 2 // blocks["inter"].astype(np.int64)
    return _Rectangles(
        *(column[inside] for column in (x + columns, y + rows, width, height, halves))
    )


class _HeldFrame:
    """A frame that may still be referred to: its blocks' areas, and the counts so far."""

    def __init__(self, frame: CodedFrame) -> None:
        self._width, self._height = frame.width, frame.height
        self._inter_coded = not (frame.key or frame.intra_only)
        self._group = "key" if frame.key else "normal" if frame.shown else "alt-ref"
        blocks = frame.blocks
        self._inter = blocks["inter"] > 0
        self._left, self._top = blocks["x"].astype(np.int64), blocks["y"].astype(np.int64)
        self._right = np.minimum(self._left + blocks["width"], frame.width)
        self._bottom = np.minimum(self._top + blocks["height"], frame.height)
        # Differences along both axes of the counts, in halves, over the frame and a margin all
        # round that takes whole blocks outside the frame; made when first needed.
        self._differences: NDArray[np.int32] | None = None

    def refer(self, rectangles: _Rectangles) -> None:
        shape = self._height + 2 * _SIDE + 1, self._width + 2 * _SIDE + 1
        if self._differences is None:
            self._differences = np.zeros(shape, np.int32)
        x, y, width, height, halves = rectangles
        # A block wholly outside may lie as near as the margin: it is clamped to the same edge.
        left = np.clip(x, -_SIDE, self._width) + _SIDE
        top = np.clip(y, -_SIDE, self._height) + _SIDE
        flat = self._differences.reshape(-1)
        for row, column, sign in (
            (top, left, 1),
            (top, left + width, -1),
            (top + height, left, -1),
            (top + height, left + width, 1),
        ):
            np.add.at(flat, row * shape[1] + column, (sign * halves).astype(np.int32))

    def degrees(self) -> Mapping[str, Degrees]:
        """The mean degree of the frame and those of its blocks, by group."""
        blocks, mean = self._means()
        found = {"intra anywhere": blocks[~self._inter]}
        if self._inter_coded:
            found |= {"intra": blocks[~self._inter], "inter": blocks[self._inter]}
        if self._inter_coded or self._group == "key":
            found[self._group] = np.array([mean])
        return found

    def _means(self) -> tuple[Degrees, float]:
        if self._differences is None:
            return np.zeros(len(self._inter)), 0.0
        total = _integral(_folded(self._differences))
        left, top, right, bottom = self._left, self._top, self._right, self._bottom
        halves = total[bottom, right] - total[bottom, left] - total[top, right] + total[top, left]
        pixels = (right - left) * (bottom - top)
        return halves / (2 * pixels), float(total[-1, -1]) / (2 * self._width * self._height)


def _folded(differences: NDArray[np.int32]) -> NDArray[np.int64]:
    """Counts of each pixel of the frame, those in the margin added to the edge they clamp to."""
    counts = differences[:-1, :-1].cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    for _ in range(2):
        inner = counts[_SIDE:-_SIDE].copy()
        inner[0] += counts[:_SIDE].sum(axis=0)
        inner[-1] += counts[-_SIDE:].sum(axis=0)
        counts = inner.T
    return counts


def _integral(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """[y, x]: the sum of the counts above y and left of x."""
    total = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1), np.int64)
    np.cumsum(counts.cumsum(axis=0), axis=1, out=total[1:, 1:])
    return total


def _joined(parts: Iterable[Degrees]) -> Degrees:
    return np.concatenate([_NONE, *parts])


def _summary(degrees: Degrees) -> dict[str, float | int | None]:
    if not degrees.size:
        return {"n": 0, "mean": None, "q1": None, "median": None, "q3": None}
    q1, median, q3 = np.quantile(degrees, (0.25, 0.5, 0.75)).tolist()
    return {"n": degrees.size, "mean": float(degrees.mean()), "q1": q1, "median": median, "q3": q3}
