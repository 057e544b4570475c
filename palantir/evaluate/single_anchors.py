"""What each frame is worth as the only anchor frame: the measuring for the `nemo` selector.

A stream of `T` coded frames is enhanced about `T` times over half a GoP, so this is slow by
nature. A key frame resets all reference slots, so an anchor changes nothing outside its GoP, and
nothing that was displayed before it: there, quality without any anchor holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from palantir.codec import DecodedPacket, Decoder
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorSource
from palantir.errors import MediaError, ScheduleError
from palantir.graph import ErrorGraph
from palantir.media import Planes, VideoSource
from palantir.media.pictures import Plane
from palantir.media.source import Packet
from palantir.models import SRNetwork
from palantir.quality import mean_squared_error, psnr
from palantir.schedule.nemo import SingleAnchorQuality

__all__ = ["measure_single_anchors"]


def measure_single_anchors(
    graph: ErrorGraph,
    lr: VideoSource | str | Path,
    network: SRNetwork | AnchorSource,
    hr: Iterable[Planes] | None = None,
    *,
    reuse: str = "detail",
    fade: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> SingleAnchorQuality:
    """PSNR of luma in dB of every displayed frame with each coded frame as the only anchor frame.

    graph     of the stream
    lr        the stream
    hr        the HR frames, one for each displayed frame; a larger one is cut to the SR size. None
              measures against per-frame SR by the same network instead
    reuse     "detail" or "paper"
    fade      of detail reuse in grey levels, None for the default
    progress  hears the coded frames done so far, of `len(graph.frames)`

    A coded frame that is displayed several times has the mean of its displays. Holds the packets
    and the HR luma of one GoP.

    Raises ScheduleError where the graph is of another stream, MediaError if there are fewer HR
    frames than displayed ones or they are smaller than SR, and what enhancing raises.
    """
    source = lr if isinstance(lr, VideoSource) else VideoSource(lr)
    if graph.segment_sha256 != source.sha256():
        raise ScheduleError(f"{source.path}: the graph is not of this stream")
    count = len(graph.frames)
    stream = _Stream(graph, source, network, reuse, fade)
    without = np.full(count, np.nan)
    quality = np.full((count, count), np.nan)
    for gop in stream.gops(hr):
        within = slice(gop.first, gop.stop)
        without[within] = gop.by_frame(np.array([display.psnr for display in gop.displays]))
        for anchor in range(gop.first, gop.stop):
            quality[anchor, within] = gop.by_frame(stream.measure(gop, anchor))
            if progress:
                progress(anchor + 1)
        for rows in (slice(gop.first), slice(gop.stop, count)):
            quality[rows, within] = without[within]
    return SingleAnchorQuality(graph.frames, quality)


@dataclass(frozen=True)
class _Display:
    """One displayed frame, its reference picture and its quality without any anchor."""

    packet: int  # position in the GoP
    coded: int
    luma: Plane
    psnr: float


@dataclass
class _Gop:
    """Packets that decode by themselves; coded frames `first`..`stop - 1`."""

    first: int
    stop: int
    packets: list[Packet] = field(default_factory=list)
    displays: list[_Display] = field(default_factory=list)

    def by_frame(self, psnr: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of each coded frame's displays; NaN where it has none."""
        frames = np.array([display.coded - self.first for display in self.displays], np.int64)
        length = self.stop - self.first
        total = np.bincount(frames, psnr, length)
        shown = np.bincount(frames, minlength=length)
        return np.where(shown > 0, total / np.maximum(shown, 1), np.nan)


@dataclass(frozen=True)
class _Stream:
    """A stream, the graph of it, and how it is enhanced."""

    graph: ErrorGraph
    source: VideoSource
    network: SRNetwork | AnchorSource
    reuse: str
    fade: float | None

    def gops(self, hr: Iterable[Planes] | None) -> Iterator[_Gop]:
        """The stream's GoPs with the quality that they have without any anchor."""
        enhancer, all_anchors = self._enhancer(), self._enhancer()
        originals = None if hr is None else iter(hr)
        decoder = Decoder(self._name)
        gop = _Gop(0, 0)
        for packet in self.source.packets():
            decoded = decoder.decode(packet)
            if gop.stop > gop.first and decoded.frames and decoded.frames[0].key:
                yield gop
                gop = _Gop(gop.stop, gop.stop)
            gop.packets.append(packet)
            gop.stop += len(decoded.frames)
            frame = enhancer.process(decoded, self._anchors(decoded, False))
            if originals is None:
                reference = all_anchors.process(decoded, self._anchors(decoded, True))
                original = reference.planes if reference else None
            elif frame is not None:
                original = next(originals, None)
            if frame is not None:
                luma = self._cut(original, frame.planes, frame.index)
                quality = _psnr(luma, frame.planes)
                gop.displays.append(_Display(len(gop.packets) - 1, frame.coded, luma, quality))
        yield gop

    def measure(self, gop: _Gop, anchor: int) -> NDArray[np.float64]:
        """PSNR of the GoP's displays with coded frame `anchor` as the only anchor frame."""
        enhancer, decoder = self._enhancer(), Decoder(self._name)
        quality = np.array([display.psnr for display in gop.displays])
        of_packet = {display.packet: i for i, display in enumerate(gop.displays)}
        coded = gop.first
        for position, packet in enumerate(gop.packets):
            decoded = decoder.decode(packet)
            flags = self._anchors(decoded, False)
            if coded <= anchor < coded + len(flags):
                flags[anchor - coded] = True
            coded += len(flags)
            if coded <= anchor:  # nothing has changed yet, so nothing need be displayed
                decoded = replace(decoded, displayed=None)
            frame = enhancer.process(decoded, flags)
            if frame is not None:
                display = of_packet[position]
                quality[display] = _psnr(gop.displays[display].luma, frame.planes)
        return quality

    @property
    def _name(self) -> str:
        return str(self.source.path)

    def _enhancer(self) -> Enhancer:
        return Enhancer(
            self.network, self.graph.grid,
            reuse=self.reuse, fade=self.fade, colour=self.source.colour, name=self._name,
        )  # fmt: skip

    def _anchors(self, decoded: DecodedPacket, value: bool) -> NDArray[np.bool_]:
        return np.full((len(decoded.frames), self.graph.grid.count), value)

    def _cut(self, original: Planes | None, sr: Planes, index: int) -> Plane:
        if original is None:
            raise MediaError(f"{self._name}: frame {index}: the HR clip ends before the LR stream")
        height, width = sr[0].shape
        rows, columns = original[0].shape
        if rows < height or columns < width:
            raise MediaError(
                f"{self._name}: frame {index}: the HR frame of {columns}x{rows} is smaller than "
                f"SR, {width}x{height}"
            )
        return original[0][:height, :width].copy()


def _psnr(original: Plane, sr: Planes) -> float:
    return psnr(mean_squared_error(original, sr[0]))
