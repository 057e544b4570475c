"""The two reuse modes: what is kept of each coded frame, and how the next one is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.inference import AnchorDetail, FixedPlanes, plane_area
from palantir.media.pictures import Planes

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
        base: FixedPlanes | None,
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """`base` is the plain upscaling of the frame, given where there are anchors."""
        ...


def upscale_planes(planes: Planes, scale: int, kernel: str = "bicubic") -> FixedPlanes:
    """`U(LR)`: int16 planes with `_core.FRACTION_BITS` fractional bits."""
    y, u, v = (_core.upscale(plane, scale, kernel) for plane in planes)
    return y, u, v


@dataclass(eq=False)
class _DetailFrame:
    frame: CodedFrame
    scale: int
    detail: FixedPlanes | None  # None: nowhere any
    base: FixedPlanes | None

    def render(self) -> Planes:
        base = self.base or upscale_planes(self.frame.native.planes, self.scale)
        self.base = None
        if self.detail is None:
            y, u, v = (_core.compose(low) for low in base)
        else:
            y, u, v = (_core.compose(*pair) for pair in zip(base, self.detail, strict=True))
        return y, u, v


class DetailReuse:
    """Detail reuse (docs/method.md): only what the network added travels, over a true base.

    scale  SR width / LR width
    fade   `a`, grey levels: the prediction's miss at which confidence falls to 1/e
    """

    def __init__(self, scale: int, fade: float) -> None:
        self._scale, self._fade = scale, fade

    def enhance(
        self,
        frame: CodedFrame,
        references: Mapping[int, EnhancedFrame],
        base: FixedPlanes | None,
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """See `Reuse`."""
        details = {
            index: reference.detail
            for index, reference in references.items()
            if isinstance(reference, _DetailFrame) and reference.detail is not None
        }
        detail: FixedPlanes | None = None
        if details:
            detail = _core.reuse_detail(frame.native, details, self._scale, self._fade)
        if anchors and base is not None:
            if detail is None:
                y, u, v = (np.zeros_like(plane) for plane in base)
                detail = (y, u, v)
            self._paste(detail, anchors)
        # A hidden frame is seldom rendered, and its base would stay as long as its slot.
        return _DetailFrame(frame, self._scale, detail, base if frame.shown else None)

    def _paste(self, detail: FixedPlanes, anchors: Sequence[AnchorDetail]) -> None:
        for anchor in anchors:
            for p, added in enumerate(anchor.planes):
                area = plane_area(anchor.tile, p, self._scale)
                detail[p][area] = 0 if added is None else added


@dataclass(frozen=True, eq=False)
class _PaperFrame:
    planes: Planes

    def render(self) -> Planes:
        return self.planes


class PaperReuse:
    """The paper's reuse: super-resolved pixels travel, residuals are upscaled and added."""

    def __init__(self, scale: int) -> None:
        self._scale = scale

    def enhance(
        self,
        frame: CodedFrame,
        references: Mapping[int, EnhancedFrame],
        base: FixedPlanes | None,
        anchors: Sequence[AnchorDetail],
    ) -> EnhancedFrame:
        """See `Reuse`."""
        pixels = {index: reference.render() for index, reference in references.items()}
        planes = _core.reuse_paper(frame.native, pixels, self._scale)
        if base is not None:
            self._paste(planes, base, anchors)
        return _PaperFrame(planes)

    def _paste(self, planes: Planes, base: FixedPlanes, anchors: Sequence[AnchorDetail]) -> None:
        for anchor in anchors:
            for p, added in enumerate(anchor.planes):
                area = plane_area(anchor.tile, p, self._scale)
                low = np.ascontiguousarray(base[p][area])
                planes[p][area] = _core.compose(low, added)
