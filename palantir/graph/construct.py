"""From a VP9 stream to its error graph (the paper's construction stage)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from palantir.errors import MediaError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.error_models import (
    ErrorModel,
    PatchErrors,
    check_errors,
    check_unaided,
    error_model_name,
    error_model_of,
    errors_of,
    without_missing,
)
from palantir.graph.frames import FrameRow, FrameTable
from palantir.grid import PatchGrid

if TYPE_CHECKING:
    from palantir.codec import CodedFrame, OnDamage
    from palantir.media import VideoSource

__all__ = ["GraphBuilder", "frame_row", "graph_from_video"]


class GraphBuilder:
    """Collects the traces of coded frames, one at a time, into a graph.

    Frames may be missing between them (damaged packets). Edges to those that never came are
    dropped; what they would have brought is missing, if the error model tells what frames lack
    without anchors, and else free of error.

    grid         None: the default for the first frame's size
    error_model  a name in ERROR_MODELS, or a function as they make (palantir.graph.error_models)
    time_base    seconds per unit of the frames' `pts` and of durations
    """

    def __init__(
        self,
        grid: PatchGrid | None = None,
        *,
        error_model: str | ErrorModel = "detail",
        time_base: Fraction = Fraction(1, 25),
    ) -> None:
        self.grid = grid
        self._error_model = error_model_of(error_model)
        self._model_name = error_model_name(self._error_model)
        self._time_base = time_base
        self._frames: list[FrameRow] = []
        self._place: dict[int, int] = {}  # of each coded-frame index in the graph
        self._texture: list[NDArray[np.float64]] = []
        self._gives_unaided: bool | None = None
        self._unaided: list[NDArray[np.float64] | None] = []
        self._dependents: list[NDArray[np.int64]] = []
        self._references: list[NDArray[np.int64]] = []
        self._weights: list[NDArray[np.float64]] = []

    def add(self, frame: CodedFrame) -> None:
        """Take the next coded frame.

        Raises ScheduleError where the grid does not fit it or the error model's result is unusable.
        """
        if self.grid is None:
            self.grid = PatchGrid.default(frame.width, frame.height)
        grid = self.grid.fit(frame.width, frame.height)
        errors = errors_of(self._error_model, frame, grid)
        check_errors(errors, frame, grid)
        self._gives_unaided = check_unaided(errors, frame, grid, self._gives_unaided)
        row, place = frame_row(frame, self._time_base), len(self._frames)
        if frame.index != place:  # frames are missing
            errors = self._without_missing(errors)
            row.references = tuple(self._place.get(i, -1) for i in row.references)
        self._place[frame.index] = place
        self._texture.append(errors.texture)
        self._unaided.append(errors.unaided)
        self._dependents.append(place * grid.count + errors.patch.astype(np.int64))
        self._references.append(errors.reference.astype(np.int64) * grid.count + errors.source)
        self._weights.append(errors.weight)
        self._frames.append(row)

    def _without_missing(self, errors: PatchErrors) -> PatchErrors:
        """With references by their place in the graph, and without edges to frames not in it."""
        references = np.unique(errors.reference).tolist()
        place = {index: self._place[index] for index in references if index in self._place}
        errors = without_missing(errors, {i: self._unaided[place[i]] for i in place})
        places = np.array([place[index] for index in errors.reference.tolist()], np.int32)
        return errors._replace(reference=places)

    def show(self, index: int, duration: int = 1) -> None:
        """Coded frame `index`, if it came, is displayed for so long, in units of the time base."""
        if index not in self._place:
            return
        row = self._frames[self._place[index]]
        row.shown = True
        row.duration += float(duration * self._time_base)

    def build(self, segment_sha256: bytes | None = None) -> ErrorGraph:
        """The graph of all frames taken. Raises MediaError if there are none."""
        from scipy.sparse import csr_array

        if self.grid is None or not self._frames:
            raise MediaError("the stream holds no coded frame")
        nodes = len(self._frames) * self.grid.count
        ends = (np.concatenate(self._dependents), np.concatenate(self._references))
        return ErrorGraph(
            texture=np.concatenate(self._texture),
            unaided=_joined(self._unaided),
            weights=csr_array((np.concatenate(self._weights), ends), shape=(nodes, nodes)),
            frames=FrameTable.from_rows(self._frames),
            grid=self.grid,
            lr_size=(self._frames[0].width, self._frames[0].height),
            segment_sha256=segment_sha256,
            error_model=self._model_name,
        )


def _joined(columns: list[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    known = [column for column in columns if column is not None]
    return np.concatenate(known) if known else None


def frame_row(frame: CodedFrame, time_base: Fraction) -> FrameRow:
    """What the frame table holds of a frame that has not been displayed yet."""
    native = frame.native
    return FrameRow(
        packet=frame.packet,
        shown=native.shown,
        key=native.key,
        intra_only=native.intra_only,
        width=native.width,
        height=native.height,
        quantizer=native.quantizer,
        coded_bytes=native.coded_bytes,
        references=native.references,
        time=frame.pts * time_base.numerator / time_base.denominator,
    )


def graph_from_video(
    source: VideoSource | str | os.PathLike[str],
    grid: PatchGrid | tuple[int, int] | str | None = None,
    *,
    error_model: str | ErrorModel = "detail",
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
    max_size: tuple[int, int] | None = None,
    on_damage: OnDamage | None = None,
) -> ErrorGraph:
    """Decode a segment once and build its graph; `progress` hears the packets done so far.

    max_size   (width, height) of the largest frame to take
    on_damage  called with the error of each packet that cannot be decoded, whose frames are then
               missing; None raises the first such error (docs/live-input.md)

    Raises MediaError, BitstreamError and ScheduleError (a grid that does not fit, an unknown
    error model, or one whose values cannot be used).
    """
    from palantir.codec import Decoder, decode_or_skip
    from palantir.media.source import VideoSource

    if not isinstance(source, VideoSource):
        source = VideoSource(source)
    digest = hashlib.sha256()
    builder = GraphBuilder(
        None if grid is None else PatchGrid.parse(grid),
        error_model=error_model,
        time_base=source.time_base,
    )
    decoder = Decoder(str(source.path), threads=threads, max_size=max_size)
    for packet in source.packets():
        digest.update(packet.data)
        decoded = decode_or_skip(decoder, packet, on_damage)
        for frame in decoded.frames:
            builder.add(frame)
        if decoded.displayed is not None:
            builder.show(decoded.displayed, packet.duration)
        if progress:
            progress(packet.index + 1)
    return builder.build(digest.digest())
