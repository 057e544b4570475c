"""From a VP9 stream to its error graph (the paper's construction stage)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from palantir.errors import MediaError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.frames import FrameTable
from palantir.grid import PatchGrid

if TYPE_CHECKING:
    from palantir.codec import CodedFrame
    from palantir.media import VideoSource

__all__ = ["GraphBuilder", "graph_from_video"]


class GraphBuilder:
    """Collects the traces of coded frames, one at a time, into a graph.

    grid  None: the default for the first frame's size
    """

    def __init__(self, grid: PatchGrid | None = None) -> None:
        self.grid = grid
        self._frames: list[tuple[object, ...]] = []
        self._shown: list[bool] = []
        self._size = (0, 0)
        self._texture: list[np.ndarray] = []
        self._rows: list[np.ndarray] = []
        self._columns: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []

    def add(self, frame: CodedFrame) -> None:
        """Take the next coded frame. Raises ScheduleError where the grid does not fit it."""
        if self.grid is None:
            self.grid = PatchGrid.default(frame.width, frame.height)
        if not self._frames:
            self._size = (frame.width, frame.height)
        grid = self.grid.fit(frame.width, frame.height)
        edges = frame.native.weights(grid.rows, grid.columns)
        patch, reference, source, weight, _ = edges
        self._texture.append(frame.native.texture(grid.rows, grid.columns))
        self._rows.append(frame.index * grid.count + patch.astype(np.int64))
        self._columns.append(reference.astype(np.int64) * grid.count + source)
        self._weights.append(weight)
        self._shown.append(frame.shown)
        self._frames.append(
            (
                frame.packet,
                frame.key,
                frame.intra_only,
                frame.width,
                frame.height,
                frame.quantizer,
                frame.coded_bytes,
                frame.references,
            )
        )

    def show(self, index: int) -> None:
        """Coded frame `index` is displayed."""
        self._shown[index] = True

    def build(self, segment_sha256: bytes | None = None) -> ErrorGraph:
        """The graph of all frames taken. Raises MediaError if there are none."""
        from scipy.sparse import csr_array

        if self.grid is None or not self._frames:
            raise MediaError("the stream holds no coded frame")
        packet, key, intra_only, width, height, quantizer, coded_bytes, references = zip(
            *self._frames, strict=True
        )
        nodes = len(self._frames) * self.grid.count
        coordinates = (np.concatenate(self._rows), np.concatenate(self._columns))
        return ErrorGraph(
            texture=np.concatenate(self._texture),
            weights=csr_array((np.concatenate(self._weights), coordinates), shape=(nodes, nodes)),
            frames=FrameTable(
                packet=np.array(packet),
                shown=np.array(self._shown),
                key=np.array(key),
                intra_only=np.array(intra_only),
                width=np.array(width),
                height=np.array(height),
                quantizer=np.array(quantizer),
                coded_bytes=np.array(coded_bytes),
                references=np.array(references),
            ),
            grid=self.grid,
            lr_size=self._size,
            segment_sha256=segment_sha256,
        )


def graph_from_video(
    source: VideoSource | str | os.PathLike[str],
    grid: PatchGrid | tuple[int, int] | str | None = None,
    *,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> ErrorGraph:
    """Decode a segment once and build its graph; `progress` hears the packets done so far.

    Raises MediaError, BitstreamError and ScheduleError (a grid that does not fit).
    """
    from palantir.codec import Decoder
    from palantir.media.source import VideoSource

    if not isinstance(source, VideoSource):
        source = VideoSource(source)
    digest = hashlib.sha256()
    builder = GraphBuilder(None if grid is None else PatchGrid.parse(grid))
    decoder = Decoder(str(source.path), threads=threads)
    for packet in source.packets():
        digest.update(packet.data)
        decoded = decoder.decode(packet)
        for frame in decoded.frames:
            builder.add(frame)
        if decoded.displayed is not None:
            builder.show(decoded.displayed)
        if progress:
            progress(packet.index + 1)
    return builder.build(digest.digest())
