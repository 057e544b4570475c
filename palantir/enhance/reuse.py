"""The two reuse modes: what is kept of each coded frame, and how the next one is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.inference import AnchorDetail, FixedPlanes, plane_area, upscale_area
from palantir.errors import ModelError
from palantir.media.pictures import Planes
from palantir.models.filter_bank import FilterBank

__all__ = ["DetailReuse", "EnhancedFrame", "PaperReuse", "Reuse", "upscale_planes"]


class EnhancedFrame(Protocol):
    """What is kept of a coded frame while a reference slot holds it."""

    def render(self) -> Planes:
        """SR planes of `scale` times the LR planes' sizes."""
        ...


class Reuse(Protocol):
    """A way to enhance a coded frame from its enhanced references and its anchors' detail."""

    def enhance(
        self,
        frame: CodedFrame,
        references: Mapping[int, EnhancedFrame],
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """The frame, enhanced."""
        ...


def upscale_planes(planes: Planes, scale: int, kernel: str) -> FixedPlanes:
    """Plain upscaling, "sharp" being U: int16 planes with `_core.FRACTION_BITS` fractional bits."""
    y, u, v = (_core.upscale(plane, scale, kernel) for plane in planes)
    return y, u, v


@dataclass(frozen=True, eq=False)
class _DetailFrame:
    frame: CodedFrame
    scale: int
    map: _core.DetailMap | None  # None: no detail anywhere
    pool: _core.BufferPool
    threads: _core.Threads | int
    filters: _core.FilterBank | None

    def render(self) -> Planes:
        return _core.render_detail(
            self.frame.native, self.map, self.scale, self.pool, self.threads, self.filters
        )


class DetailReuse:
    """Detail reuse (docs/method.md): only what the network added travels, over a true base.

    scale    SR width / LR width
    fade     grey levels of difference from its source that divide a flat place's confidence by e^2
    threads  that share out the rows of a frame
    filters  that upscale luma where there is no detail; None: the sharp kernel does

    Raises ModelError for filters of another scale.
    """

    def __init__(
        self,
        scale: int,
        fade: float,
        threads: _core.Threads | int = 1,
        filters: FilterBank | None = None,
    ) -> None:
        if filters and filters.scale != scale:
            raise ModelError(f"filters for x{filters.scale}, not x{scale}")
        self._scale, self._fade, self._threads = scale, fade, threads
        self._filters = _core.FilterBank(filters.weights) if filters else None
        self._pool = _core.BufferPool()

    def enhance(
        self,
        frame: CodedFrame,
        references: Mapping[int, EnhancedFrame],
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """See `Reuse`."""
        maps = {
            index: reference.map
            for index, reference in references.items()
            if isinstance(reference, _DetailFrame) and reference.map is not None
        }
        made: _core.DetailMap | None = None
        if maps or anchors:
            source = self._source(frame, anchors) if anchors else None
            made = _core.reuse_detail(
                frame.native, maps, self._scale, self._fade, source, self._pool, self._threads
            )
        return _DetailFrame(frame, self._scale, made, self._pool, self._threads, self._filters)

    def _source(self, frame: CodedFrame, anchors: Sequence[AnchorDetail]) -> _core.DetailSource:
        tiles = [anchor.tile for anchor in anchors]
        source = _core.DetailSource(frame.native, self._scale, tiles, self._pool)
        for anchor in anchors:
            for p, added in enumerate(anchor.planes):
                if added is None or added.size == 0:  # chroma of a tile one pixel wide
                    continue
                rows, columns = plane_area(anchor.tile, p, self._scale)
                source.add(p, columns.start, rows.start, added, self._pool)
        return source


@dataclass(frozen=True, eq=False)
class _PaperFrame:
    planes: Planes

    def render(self) -> Planes:
        return self.planes


class PaperReuse:
    """The paper's reuse: super-resolved pixels travel, residuals are upscaled and added.

    scale, threads  as for `DetailReuse`
    """

    def __init__(self, scale: int, threads: _core.Threads | int = 1) -> None:
        self._scale, self._threads = scale, threads
        self._pool = _core.BufferPool()

    def enhance(
        self,
        frame: CodedFrame,
        references: Mapping[int, EnhancedFrame],
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """See `Reuse`."""
        pixels = {index: reference.render() for index, reference in references.items()}
        planes = _core.reuse_paper(frame.native, pixels, self._scale, self._pool, self._threads)
        self._paste(frame, planes, anchors)
        return _PaperFrame(planes)

    def _paste(self, frame: CodedFrame, planes: Planes, anchors: Sequence[AnchorDetail]) -> None:
        for anchor in anchors:
            for p, added in enumerate(anchor.planes):
                area = plane_area(anchor.tile, p, self._scale)
                kernel = "sharp" if added is None else "bicubic"
                low = upscale_area(frame.native.planes[p], self._scale, area, kernel)
                if low.size:
                    planes[p][area] = _core.compose(low, added)
