"""The error graph: how the error of reused patches arises and travels (docs/method.md)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from palantir import _core
from palantir.errors import ScheduleError
from palantir.graph.frames import FrameTable
from palantir.graph.intervals import Interval
from palantir.grid import PatchGrid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from palantir.codec import OnDamage
    from palantir.graph.error_models import ErrorModel
    from palantir.media.source import VideoSource

__all__ = ["ErrorGraph", "GraphArrays"]

Float = NDArray[np.float64]


class GraphArrays(NamedTuple):
    """The graph in the layout that `palantir._core` reads; rows are nodes in decode order."""

    row_start: NDArray[np.int64]  # [N + 1]
    reference: NDArray[np.int32]  # [E], the column of each edge, below its row
    weight: Float  # [E]
    texture: Float  # [N]
    shown: NDArray[np.uint8]  # [N]


@dataclass(frozen=True, eq=False)
class ErrorGraph:
    """Texture and weights of every patch of every coded frame; node `v = t*P + p`.

    texture         float64 [N], error that arises in a patch if it is reused (energy, >= 0)
    weights         csr_array float64 [N, N], row = dependent patch, column = reference: how much
                    of the reference's error lands in the dependent (>= 0); a reference is a
                    patch of a strictly earlier coded frame
    frames          the `T` coded frames
    grid            the `P` patches of each
    lr_size         (width, height) of the LR stream in pixels
    segment_sha256  32 bytes that bind the graph to its VP9 packets, or None
    unaided         float64 [N], above 0, each node's error without any anchors, where it has a
                    bound that no frame before changes; None where error piles up as it travels
    error_model     name of the model that made texture and weights, None if there was none

    Raises ScheduleError where sizes disagree, a value is negative or not finite, or an edge
    does not point to an earlier frame.
    """

    texture: Float
    weights: csr_array[np.float64]
    frames: FrameTable
    grid: PatchGrid
    lr_size: tuple[int, int]
    segment_sha256: bytes | None = None
    unaided: Float | None = None
    error_model: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "texture", np.ascontiguousarray(self.texture, np.float64))
        object.__setattr__(self, "weights", _canonical(self.weights))
        self.grid.fit(*self.lr_size)
        nodes = len(self.frames) * self.grid.count
        if self.texture.shape != (nodes,) or self.weights.shape != (nodes, nodes):
            raise ScheduleError(
                f"{len(self.frames)} frames of {self.grid} patches make {nodes} nodes, but texture "
                f"has shape {self.texture.shape} and weights {self.weights.shape}"
            )
        self._check_values(self.texture, np.arange(nodes), "texture")
        self._check_unaided()
        rows = np.repeat(np.arange(nodes), np.diff(self.weights.indptr))
        self._check_values(self.weights.data, rows, "weight")
        self._check_order(rows)

    def _check_unaided(self) -> None:
        if self.unaided is None:
            return
        object.__setattr__(self, "unaided", np.ascontiguousarray(self.unaided, np.float64))
        if self.unaided.shape != self.texture.shape:
            raise ScheduleError(
                f"errors without anchors of shape {self.unaided.shape}, "
                f"texture of shape {self.texture.shape}"
            )
        self._check_values(self.unaided, np.arange(self.nodes), "error without anchors")
        if not self.unaided.all():
            frame, patch = divmod(int(np.argmin(self.unaided)), self.grid.count)
            raise ScheduleError(f"frame {frame} patch {patch} has no error without anchors")

    def _check_values(self, values: Float, nodes: NDArray[np.int64], name: str) -> None:
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            place = int(np.argmax(wrong))
            frame, patch = divmod(int(nodes[place]), self.grid.count)
            raise ScheduleError(f"{name} of frame {frame} patch {patch} is {values[place]:g}")

    def _check_order(self, rows: NDArray[np.int64]) -> None:
        frames = rows // self.grid.count
        references = self.weights.indices // self.grid.count
        wrong = references >= frames
        if wrong.any():
            edge = int(np.argmax(wrong))
            raise ScheduleError(
                f"a patch of frame {frames[edge]} depends on frame {references[edge]}, "
                "which is not before it"
            )

    @classmethod
    def from_video(
        cls,
        source: VideoSource | str | os.PathLike[str],
        grid: PatchGrid | tuple[int, int] | str | None = None,
        *,
        error_model: str | ErrorModel = "detail",
        threads: int = 1,
        max_size: tuple[int, int] | None = None,
        on_damage: OnDamage | None = None,
    ) -> ErrorGraph:
        """The graph of a VP9 segment.

        grid         patches, `(rows, columns)` or text such as "3x5"; None takes the default
        error_model  "detail" or "paper", as the reuse mode is, or a function of the signature in
                     palantir.graph.error_models
        threads      decoding threads, 1..64
        max_size     (width, height) of the largest frame to take; None: the build's limit
        on_damage    called with the error of each packet that cannot be decoded, whose frames are
                     then missing; None raises the first such error (docs/live-input.md)

        Raises MediaError, BitstreamError, and ScheduleError where the grid does not fit or the
        error model is unknown or gives values that cannot be used.
        """
        from palantir.graph.construct import graph_from_video

        return graph_from_video(
            source, grid, error_model=error_model, threads=threads,
            max_size=max_size, on_damage=on_damage,
        )  # fmt: skip

    @property
    def nodes(self) -> int:
        """`N = T*P`."""
        return int(self.texture.shape[0])

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Which coded frames are displayed, bool [T]; only these count in the objective."""
        return self.frames.shown

    @cached_property
    def arrays(self) -> GraphArrays:
        """The graph as plain arrays, for native code."""
        return GraphArrays(
            self.weights.indptr.astype(np.int64),
            self.weights.indices.astype(np.int32, copy=False),
            self.weights.data,
            self.texture,
            np.repeat(self.shown, self.grid.count).astype(np.uint8),
        )

    @property
    def layout(self) -> tuple[int, int, NDArray[np.int32]]:
        """Rows and columns of the grid, and width and height of each frame (int32 [T, 2]).

        For native code. Raises ScheduleError where the grid does not fit a frame.
        """
        for size in set(self.frames.sizes):
            self.grid.fit(*size)
        sizes = np.stack([self.frames.width, self.frames.height], axis=1)
        return self.grid.rows, self.grid.columns, sizes

    def errors(self, anchors: ArrayLike = (), remaining: Float | None = None) -> Float:
        """Estimated SR error of every node, float64 [N], once `anchors` (node indices) are run.

        remaining  float64 [N], of which an anchor keeps its value; None: anchors keep no error
        """
        return _core.sweep_errors(*self.arrays, self._flags(anchors), remaining)

    def influence(self, anchors: ArrayLike = ()) -> Float:
        """Rise of the objective per unit of error in each node, float64 [N] (`g`)."""
        return _core.sweep_influence(*self.arrays, self._flags(anchors))

    def objective(self, anchors: ArrayLike = (), remaining: Float | None = None) -> float:
        """`J`: the sum of the errors of the patches of shown frames; `remaining` as of `errors`."""
        return float(self.errors(anchors, remaining) @ self.arrays.shown)

    def objectives(self, order: ArrayLike) -> Float:
        """`J` with no anchors and after each node of `order` has become one, float64 [K + 1]."""
        picks = np.ascontiguousarray(order, np.int64)
        self._flags(picks)
        return _core.objectives(*self.arrays, picks)

    def _flags(self, anchors: ArrayLike) -> NDArray[np.uint8]:
        flags = np.zeros(self.nodes, np.uint8)
        index = np.asarray(anchors)
        if index.size == 0:
            return flags
        if index.dtype.kind not in "iu" or index.ndim != 1:
            raise ScheduleError("anchors are not a list of node indices")
        if index.min() < 0 or index.max() >= self.nodes:
            raise ScheduleError(f"an anchor lies outside the graph's {self.nodes} nodes")
        flags[index] = 1
        return flags

    def intervals(self, interval: Interval | int | str | None) -> list[tuple[int, int]]:
        """Scheduling intervals as ranges `(first, stop)` of coded frames that cover the graph.

        `"gop"`: from one key frame to the next; a number: so many coded frames, fewer in the last;
        `"200ms"`: up to the first coded frame whose time is 200 ms or more after that of the
        interval's first; None: all at once.

        Raises ScheduleError for anything else.
        """
        count = len(self.frames)
        starts = [0] if interval is None else Interval.parse(interval).starts(self.frames)
        return list(zip(starts, [*starts[1:], count], strict=True)) if count else []

    def between(self, first: int, stop: int, errors: Float) -> ErrorGraph:
        """Frames `first`..`stop - 1` as a graph of their own.

        The errors of the frames before it, `errors[:first*P]`, reach it as texture: they are
        inputs now, not choices, and nothing is forgotten at an interval's border.
        """
        low, high = first * self.grid.count, stop * self.grid.count
        row_start = self.weights.indptr[low : high + 1]
        edges = slice(row_start[0], row_start[-1])
        row = np.repeat(np.arange(high - low), np.diff(row_start))
        column, weight = self.weights.indices[edges], self.weights.data[edges]
        inside = column >= low
        before = ~inside
        incoming = weight[before] * errors[column[before]]
        texture = self.texture[low:high] + np.bincount(row[before], incoming, high - low)
        self._check_values(texture, np.arange(low, high), "texture and incoming error")
        ends = np.concatenate(([0], np.cumsum(np.bincount(row[inside], minlength=high - low))))
        return self._part(first, stop, texture, (weight[inside], column[inside] - low, ends))

    def _part(
        self, first: int, stop: int, texture: Float, weights: tuple[NDArray[Any], ...]
    ) -> ErrorGraph:
        """A graph of some of the frames, without checking again what this one has passed."""
        from scipy.sparse import csr_array

        part = object.__new__(ErrorGraph)
        places = slice(first * self.grid.count, stop * self.grid.count)
        for name, value in (
            ("texture", texture),
            ("weights", csr_array(weights, shape=(len(texture), len(texture)))),
            ("frames", self.frames.between(first, stop)),
            ("grid", self.grid),
            ("lr_size", self.lr_size),
            ("segment_sha256", self.segment_sha256),
            ("unaided", None if self.unaided is None else self.unaided[places]),
            ("error_model", self.error_model),
        ):
            object.__setattr__(part, name, value)
        return part


def _canonical(weights: Any) -> csr_array[np.float64]:
    """The same matrix in float64, each row's columns rising and named once.

    Sums then run in one order, so that equal graphs give equal bits.
    """
    from scipy.sparse import csr_array  # slow to import; whoever has weights has it already

    result: csr_array[np.float64] = csr_array(weights).astype(np.float64, copy=False)
    if not result.has_canonical_format:
        result = result.copy()
        result.sum_duplicates()
    return result
