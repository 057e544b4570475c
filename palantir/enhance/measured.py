"""The error model of servers that have the original: what anchors would win is measured."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from palantir.enhance.colour import colour_of
from palantir.enhance.inference import AnchorInference, AnchorSource, FrameAnchors
from palantir.enhance.network_input import check_format, range_change
from palantir.enhance.reuse import DetailReuse, EnhancedFrame
from palantir.errors import MediaError, ModelError, ScheduleError
from palantir.graph.error_models import DetailModel
from palantir.grid import PatchGrid
from palantir.media import VideoSource, probe, read_frames
from palantir.media.colour import Colour
from palantir.media.frames import frame_times
from palantir.media.pictures import Plane, Planes
from palantir.models import SRNetwork
from palantir.models.filter_bank import FilterBank
from palantir.profile import REUSE_PARAMETERS
from palantir.tiles import Tile

__all__ = ["MeasuredModel", "measured_by_files"]

_LEAST = 1e-3  # squared grey levels a pixel that an anchor wins, where the network wins nothing
_LEAST_SHARE = 0.1  # of what it wins and loses in all, that a network must win to be heard
_ESTIMATED, _MEASURED = 0.5, 0.2  # parts of what is lost from a reference, by LR and by HR


class MeasuredModel(DetailModel):
    """`detail`, with each patch's energy measured: the squared error that the network takes away.

    Of a frame that its packet displays, it is the squared error of plain upscaling against HR, less
    that of the network's output: luma, summed over SR pixels, by scale^2. LR tells where in the
    patch it is. How much of it is lost on the way from references is half of what LR tells and a
    fifth of what is measured, where references are anchors all over. An invisible frame has the
    energy of its fine detail, times what this was worth in the displayed frame before it. The
    network runs on every frame, on the server: one lighter than the player's, but fitted to the
    same video, will do. One model serves one stream.

    network  or another source of its results; it sees whole pictures, whatever its halo, and its
             own filters are not used
    hr       the original of each packet's displayed frame, from packet 0 on; packets that were
             lost count as displaying
    filters  of the player's network; None: plain upscaling is by the sharp kernel
    colour   for streams that carry no tags of their own, as `Enhancer` takes it
    hr_colour
             what HR's samples mean; None: what LR's do
    fade     of the confidence in detail, grey levels above 0; None takes the default
    name     of the stream, for error messages

    Raises ModelError without a network and for filters of another scale, ScheduleError for a fade
    that is none.

    Source: docs/method.md, error models.
    """

    def __init__(
        self,
        network: SRNetwork | AnchorSource,
        hr: Iterable[Planes],
        *,
        filters: FilterBank | None = None,
        colour: Colour | None = None,
        hr_colour: Colour | None = None,
        fade: float | None = None,
        name: str = "stream",
    ) -> None:
        fade = float(REUSE_PARAMETERS["detail"]["fade"]) if fade is None else fade
        super().__init__(fade)
        if network is None:
            raise ModelError(f"{name}: what anchors win cannot be measured without a network")
        self._source: AnchorSource = (
            AnchorInference(network, halo=0) if isinstance(network, SRNetwork) else network
        )
        self._reuse = DetailReuse(self._source.scale, fade, filters=filters)
        self._anchored: dict[int, EnhancedFrame] = {}  # all over, by coded index
        self._originals = _Originals(hr, name)
        self._colour, self._hr_colour, self._stream = colour, hr_colour, name
        self._won_and_lost = np.zeros(2)  # of patches, sums in squared grey levels
        self._ratio = 1.0  # of what anchors win to the energy of fine detail

    @property
    def name(self) -> str:
        """With the fade, where it is not the default."""
        return super().name.replace("detail", "measured", 1)

    def check(self) -> None:
        """Raise ScheduleError where the network wins next to nothing: picks would be by chance.

        In patches where it wins, of all displayed frames so far, it must win a tenth of what it
        wins and loses in all.
        """
        won, lost = self._won_and_lost
        if won <= _LEAST_SHARE * (won - lost):
            raise ScheduleError(
                f"{self._stream}: the network takes {won:.3g} of squared error from plain "
                f"upscaling, and adds {abs(lost):.3g}: is HR the stream's, and the network fit "
                "for it?"
            )

    def weigh(
        self,
        frame: CodedFrame,
        grid: PatchGrid,
        energy: NDArray[np.float64],
        missing: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """[P] each: squared error that an anchor takes away, above 0, and what no reference does.

        Raises MediaError where HR ends before the stream or is of another size, UnsupportedError
        for frames that are not 8-bit 4:2:0, ScheduleError for frames of another stream.
        """
        check_format(frame, self._stream)
        original = self._originals.of(frame)
        self._anchored = {i: self._anchored[i] for i in self.remembered if i in self._anchored}
        references = {i: self._anchored[i] for i in frame.references if i in self._anchored}
        colour = colour_of(frame, self._colour)
        picture = Tile(0, 0, frame.width, frame.height)
        asked = FrameAnchors(frame.native.planes, [picture], colour, frame.index)
        anchored = self._reuse.enhance(frame, {}, self._source.run([asked])[0].anchors)
        self._anchored[frame.index] = anchored
        lost = missing / energy
        if original is None:
            return energy * self._ratio, energy * self._ratio * lost

        plain = self._reuse.enhance(frame, {}, []).render()[0]
        hr = self._originals.cut(self._in_range_of(colour, original[0]), plain, self._source.scale)
        won = _won(hr, plain, anchored.render()[0], grid, frame)
        self._won_and_lost += won.clip(min=0).sum(), won.clip(max=0).sum()
        areas = np.outer(
            np.diff(grid.row_edges(frame.height)), np.diff(grid.column_edges(frame.width))
        )
        won = np.maximum(won, _LEAST * areas.ravel())
        self._ratio = float(won.sum() / energy.sum())
        if references:
            reused = self._reuse.enhance(frame, references, []).render()[0]
            kept = np.clip(_won(hr, plain, reused, grid, frame) / won, 0, 1)
            less = _ESTIMATED * lost + _MEASURED * (1 - kept)
            lost = np.where(lost < 1, less, lost)
        return won, won * lost

    def _in_range_of(self, colour: Colour, original: Plane) -> Plane:
        if self._hr_colour is None or self._hr_colour.full_range == colour.full_range:
            return original
        gain, offset = range_change(self._hr_colour, "full" if colour.full_range else "limited")
        return (original * gain + offset).round().clip(0, 255).astype(np.uint8)


def _won(
    original: Plane, plain: Plane, better: Plane, grid: PatchGrid, frame: CodedFrame
) -> NDArray[np.float64]:
    """[P], squared error per LR pixel that is less in `better` than in `plain`; all are luma."""
    scale = plain.shape[1] // frame.width
    rows = grid.row_edges(frame.height) * scale
    columns = grid.column_edges(frame.width) * scale
    sums: NDArray[np.float64] = np.zeros((grid.rows, grid.columns))
    for row, (top, bottom) in enumerate(pairwise(rows)):
        u, s, hr = (plane[top:bottom].astype(np.int32) for plane in (plain, better, original))
        won = np.einsum("yx,yx->x", s - u, 2 * hr - u - s, dtype=np.int64)
        sums[row] = np.add.reduceat(won, columns[:-1])
    return np.asarray(sums.ravel() / scale**2)


def measured_by_files(
    segment: str | os.PathLike[str],
    hr: str | os.PathLike[str],
    network: SRNetwork,
    *,
    judge: SRNetwork | None = None,
    first: int = 0,
    fade: float | None = None,
) -> MeasuredModel:
    """The error model of a VP9 file by what anchors win against the HR file that it was made from.

    network  the player's
    judge    runs in its place
    first    HR frame that the segment begins with
    fade     as `MeasuredModel` takes it

    Raises ModelError for a judge of another scale, MediaError for files that cannot be read, and
    where one HR frame for each LR frame is not what their times say.
    """
    judge = judge or network
    if judge.scale != network.scale:
        raise ModelError(
            f"the judge {judge.path} enlarges {judge.scale} times, {network.path} "
            f"{network.scale} times"
        )
    source = VideoSource(segment)
    _check_times(source, hr, first)
    return MeasuredModel(
        judge, islice(read_frames(hr), first, None), filters=network.filters, fade=fade,
        colour=source.colour, hr_colour=probe(hr).colour, name=str(segment),
    )  # fmt: skip


def _check_times(source: VideoSource, hr: str | os.PathLike[str], first: int) -> None:
    """Raise MediaError where LR leaves out frames, or HR has others between."""
    ours = [time for time, _ in groupby(frame_times(source.path))]  # hidden frames may have theirs
    theirs = frame_times(hr)[first:]
    for frame, (lr_time, hr_time) in enumerate(zip(ours, theirs, strict=False)):
        after = hr_time - theirs[0]
        if abs(lr_time - after) > 0.5 / source.frame_rate:
            raise MediaError(
                f"{source.path}: frame {frame} comes {lr_time:.3f} s after the first, but "
                f"{after:.3f} s in {hr}: HR must have one frame for each of LR"
            )


class _Originals:
    """HR frames in their order, one for each packet that displays a frame."""

    def __init__(self, hr: Iterable[Planes], name: str) -> None:
        self._frames, self._name = iter(hr), name
        self._next = 0  # frames taken
        self._current: Planes | None = None
        self._packet, self._silent = -1, 0  # packets that displayed nothing

    def of(self, frame: CodedFrame) -> Planes | None:
        """What the frame was made from, None if its packet does not display it."""
        if frame.packet < self._packet:
            raise ScheduleError(
                f"{self._name}: packet {frame.packet} comes after packet {self._packet}: "
                "each stream needs a measured error model of its own"
            )
        if frame.packet > self._packet:
            self._packet = frame.packet
            self._silent += not frame.displays
        if not frame.native.shown:
            return None
        while self._next <= frame.packet - self._silent:
            self._current = next(self._frames, None)
            if self._current is None:
                raise MediaError(
                    f"{self._name}: frame {self._next}: the HR clip ends before the LR stream"
                )
            self._next += 1
        return self._current

    def cut(self, luma: Plane, sr: Plane, scale: int) -> Plane:
        """HR luma at SR's size: coding leaves out what makes no even number of LR pixels."""
        height, width = sr.shape
        rows, columns = luma.shape
        if not (0 <= rows - height < 2 * scale and 0 <= columns - width < 2 * scale):
            raise MediaError(
                f"{self._name}: frame {self._next - 1}: the HR frame of {columns}x{rows} is not "
                f"SR's {width}x{height}"
            )
        return luma[:height, :width]
