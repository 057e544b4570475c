"""Paper reuse once more, slowly and plainly in NumPy, from a frame's exported trace.

Written from docs/method.md and the VP9 specification (8.5.2), not from csrc: every block of every
plane is predicted by indexing the reference at clamped positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from tests.enhance.kernels import KERNELS

__all__ = ["Integers", "paper_reuse", "parts_of"]

Integers = NDArray[np.int64]
Pictures = Mapping[int, tuple[NDArray[Any], ...]]


class Part(NamedTuple):
    """LR samples of one plane that share a motion vector (in 1/8 luma pixel: row, column)."""

    x: int
    y: int
    width: int
    height: int
    vector: tuple[int, int]


def parts_of(frame: CodedFrame, block: Any, reference: int, plane: int) -> Iterator[Part]:
    """A block's parts inside the plane."""
    height, width = frame.planes[plane].shape
    x, y, w, h = (int(block[name]) >> (plane > 0) for name in ("x", "y", "width", "height"))
    vectors = block["mv"][reference].astype(np.int64)
    if not block["split"]:
        candidates = [Part(x, y, w, h, tuple(vectors[0]))]
    elif plane == 0:
        candidates = [
            Part(x + 4 * (q % 2), y + 4 * (q // 2), 4, 4, tuple(vectors[q])) for q in range(4)
        ]
    else:
        total = vectors.sum(axis=0)
        mean = np.sign(total) * ((np.abs(total) + 2) // 4)  # halves away from zero
        candidates = [Part(x, y, 4, 4, tuple(mean))]
    for part in candidates:
        cut = part._replace(width=min(part.width, width - x), height=min(part.height, height - y))
        if plane == 0 and block["split"]:
            cut = part._replace(width=min(4, width - part.x), height=min(4, height - part.y))
        if cut.width > 0 and cut.height > 0:
            yield cut


def displaced(
    picture: NDArray[Any], part: Part, plane: int, scale: int, kernels: Integers
) -> Integers:
    """The part's SR samples, read from an SR reference with the vector enlarged `scale` times."""
    # A luma vector counts eighths of a luma pixel: 2/16 in luma, 1/16 in half-sized chroma.
    steps = [component * scale * (1 if plane else 2) for component in part.vector]
    (row, row_phase), (column, column_phase) = (divmod(step, 16) for step in steps)
    rows = part.y * scale + row + np.arange(-3, part.height * scale + 4)
    columns = part.x * scale + column + np.arange(-3, part.width * scale + 4)
    area = picture[
        rows.clip(0, picture.shape[0] - 1)[:, None], columns.clip(0, picture.shape[1] - 1)
    ].astype(np.int64)

    def filtered(samples: Integers, kernel: Integers, length: int) -> Integers:
        total = sum(kernel[tap] * samples[:, tap : tap + length] for tap in range(8))
        return np.asarray(np.clip((total + 64) // 128, 0, 255))

    across = filtered(area, kernels[column_phase], part.width * scale)
    return filtered(across.T, kernels[row_phase], part.height * scale).T


def _square(part: Part, scale: int) -> tuple[slice, slice]:
    return (
        slice(part.y * scale, (part.y + part.height) * scale),
        slice(part.x * scale, (part.x + part.width) * scale),
    )


def _predict(
    frame: CodedFrame, block: Any, plane: int, scale: int, references: Pictures,
    kernels: Integers, out: Integers,
) -> None:  # fmt: skip
    predictions = []
    for r in range(int(block["inter"])):
        one = np.zeros_like(out)
        known = references.get(int(block["reference"][r]))
        for part in parts_of(frame, block, r, plane):
            if known is not None:
                one[_square(part, scale)] = displaced(known[plane], part, plane, scale, kernels)
        predictions.append(one)
    total = np.sum(predictions, axis=0)
    mean = total if len(predictions) == 1 else (total + 1) // 2
    for part in parts_of(frame, block, 0, plane):
        out[_square(part, scale)] = mean[_square(part, scale)]


def _bilinear(length: int, scale: int) -> Integers:
    """Weights [length*scale, length] in 1/(2*scale): centres aligned, ends repeated."""
    matrix = np.zeros((length * scale, length), np.int64)
    for position in range(length * scale):
        sample, fraction = divmod(2 * position + 1 - scale, 2 * scale)
        matrix[position, max(sample, 0)] += 2 * scale - fraction
        matrix[position, min(sample + 1, length - 1)] += fraction
    return matrix


def paper_reuse(frame: CodedFrame, references: Pictures, scale: int) -> tuple[Integers, ...]:
    """Paper reuse: displaced SR pixels plus the enlarged residual; intra blocks enlarged."""
    planes = []
    for p, lr in enumerate(frame.planes):
        sr = np.zeros((lr.shape[0] * scale, lr.shape[1] * scale), np.int64)
        whole = frame.reconstruction[p].astype(np.int64)
        residual = whole - frame.prediction[p]
        for block in frame.blocks:
            x, y, w, h = (int(block[name]) >> (p > 0) for name in ("x", "y", "width", "height"))
            area = Part(x, y, min(w, lr.shape[1] - x), min(h, lr.shape[0] - y), (0, 0))
            if area.width <= 0 or area.height <= 0:
                continue
            known = all(int(i) in references for i in block["reference"][: block["inter"]])
            reused = bool(block["inter"] and block["usable"] and known)
            if reused:
                _predict(frame, block, p, scale, references, KERNELS[block["filter"]], sr)
            signal = (residual if reused else whole)[_square(area, 1)]
            enlarged = _bilinear(area.height, scale) @ signal @ _bilinear(area.width, scale).T
            unit = 4 * scale * scale
            square = _square(area, scale)
            sr[square] = np.clip(sr[square] + (2 * enlarged + unit) // (2 * unit), 0, 255)
        planes.append(sr)
    return tuple(planes)
