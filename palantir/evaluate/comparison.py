"""Several ways of upscaling one LR stream, in lockstep, against the HR clip it was made from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame, DecodedPacket, decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.reuse import upscale_planes
from palantir.errors import MediaError, ModelError
from palantir.media import Planes, VideoSource
from palantir.media.pictures import crop_planes
from palantir.quality import mean_squared_error, psnr, ssim, weighted_error

__all__ = ["Row", "Variant", "compare_variants", "plain_planes"]

_DEFAULT_SCALE = 4
_EDGE_FRAMES = 10  # "the first ten and the last ten frames of a GoP"


@dataclass(frozen=True)
class Variant:
    """One way to upscale. Either a plain kernel, or an enhancer with its anchors.

    kernel    "bilinear", "bicubic" or "sharp" (U), where there is no enhancer
    enhancer  fresh, for this stream
    anchors   bool or uint8 [T, P], with the enhancer
    """

    name: str
    kernel: str | None = None
    enhancer: Enhancer | None = None
    anchors: NDArray[np.bool_] | NDArray[np.uint8] | None = None


@dataclass
class Row:
    """What a variant reached; `cost` is the share of per-frame SR's network cost.

    psnr    of luma in dB, one a displayed frame
    errors  mean squared errors of Y, U and V, one of each a displayed frame
    ssim    of luma, one a displayed frame; none where it was not asked for
    """

    name: str
    psnr: list[float] = field(default_factory=list)
    errors: list[tuple[float, float, float]] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    seconds: float = 0.0  # decoding included
    cost: float = 0.0
    key: list[bool] = field(default_factory=list)  # the displayed frame begins a GoP

    @property
    def psnr_y(self) -> float:
        """PSNR-Y in dB, the mean over displayed frames."""
        return fmean(self.psnr)

    @property
    def psnr_yuv(self) -> float:
        """PSNR-YUV in dB, the mean over displayed frames."""
        return fmean(psnr(weighted_error(*errors)) for errors in self.errors)

    def add(self, original: Planes, planes: Planes, key: bool, with_ssim: bool) -> None:
        """Measure a displayed frame against its original of the same size."""
        y, u, v = map(mean_squared_error, original, planes)
        self.errors.append((y, u, v))
        self.psnr.append(psnr(y))
        if with_ssim:
            self.ssim.append(ssim(original[0], planes[0]))
        self.key.append(key)

    @property
    def frames_per_second(self) -> float:
        """Displayed frames in a second of decoding and upscaling."""
        return len(self.psnr) / self.seconds

    def gain_over(self, other: Row) -> float:
        """Difference of PSNR-Y in dB."""
        return self.psnr_y - other.psnr_y

    def drift(self, base: Row) -> float:
        """How much changes along a GoP, in dB.

        What is won over `base` in its last ten frames, less what is won in its first ten; the
        mean over GoPs of at least 20 frames, 0 if there are none.
        """
        won = np.subtract(self.psnr, base.psnr)
        starts = [*np.flatnonzero(self.key), len(won)]
        gops = [won[a:b] for a, b in pairwise(starts)]
        losses = [
            float(gop[-_EDGE_FRAMES:].mean() - gop[:_EDGE_FRAMES].mean())
            for gop in gops
            if len(gop) >= 2 * _EDGE_FRAMES
        ]
        return fmean(losses) if losses else 0.0


Watch = Callable[[int, str, Planes], None]  # displayed frame, variant, SR planes


def compare_variants(
    lr: str | Path,
    hr: Iterable[Planes],
    variants: Sequence[Variant],
    *,
    scale: int | None = None,
    frames: int | None = None,
    with_ssim: bool = False,
    watch: Watch | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Run all variants over the stream, one packet at a time, and measure each displayed frame.

    hr         the HR frames, one for each displayed frame; a larger one is cut to the SR size
    scale      of the plain kernels; None takes the enhancers', or 4 where there are none
    frames     displayed ones after which to end, at least 1; None: all
    with_ssim  whether to measure SSIM of luma, too; takes several times as long

    Raises MediaError if there are fewer HR frames than displayed ones, or none of them, or if they
    are smaller than the SR frames, or these than SSIM's window; ModelError if the variants enlarge
    differently.
    """
    scale = _common_scale(variants, scale)
    rows = [Row(variant.name) for variant in variants]
    originals = iter(hr)
    coded = shown = 0
    full = any(one.enhancer.needs_full_trace for one in variants if one.enhancer)
    for packet, seconds in _timed_packets(lr, full):
        within = slice(coded, coded + len(packet.frames))
        coded = within.stop
        pictures = [
            _run(variant, row, packet, within, seconds, scale)
            for variant, row in zip(variants, rows, strict=True)
        ]
        if packet.displayed is None:
            continue
        original = next(originals, None)
        if original is None:
            raise MediaError(f"{lr}: frame {shown}: the HR clip ends before the LR stream")
        for variant, row, planes in zip(variants, rows, pictures, strict=True):
            assert planes is not None
            key = any(frame.key for frame in packet.frames)
            try:
                row.add(_crop(original, planes), planes, key, with_ssim)
            except MediaError as error:
                raise MediaError(f"{lr}: frame {shown}: {error}") from None
            if watch:
                watch(shown, variant.name, planes)
        shown += 1
        if progress:
            progress(shown)
        if shown == frames:
            break
    if not shown:
        raise MediaError(f"{lr}: displays no frame")
    for variant, row in zip(variants, rows, strict=True):
        row.cost = variant.enhancer.cost.share if variant.enhancer else 0.0
    return rows


def _common_scale(variants: Sequence[Variant], scale: int | None) -> int:
    scales = {variant.enhancer.scale for variant in variants if variant.enhancer}
    if scale is not None:
        scales.add(scale)
    if len(scales) > 1:
        raise ModelError(f"variants enlarge {' and '.join(map(str, sorted(scales)))} times")
    return scales.pop() if scales else _DEFAULT_SCALE


def _timed_packets(lr: str | Path, full: bool) -> Iterator[tuple[DecodedPacket, float]]:
    begin = time.perf_counter()
    for packet in decode_packets(VideoSource(lr), full=full):
        yield packet, time.perf_counter() - begin
        begin = time.perf_counter()


def _run(
    variant: Variant,
    row: Row,
    packet: DecodedPacket,
    frames: slice,
    decoding: float,
    scale: int,
) -> Planes | None:
    begin = time.perf_counter()
    planes: Planes | None = None
    if variant.enhancer is not None and variant.anchors is not None:
        frame = variant.enhancer.process(packet, variant.anchors[frames])
        planes = frame.planes if frame else None
    elif packet.displayed is not None:
        planes = plain_planes(_displayed(packet), scale, variant.kernel or "sharp")
    row.seconds += decoding + time.perf_counter() - begin
    return planes


def _displayed(packet: DecodedPacket) -> CodedFrame:
    for frame in packet.frames:
        if frame.index == packet.displayed:
            return frame
    raise MediaError("a stream that shows frames again cannot be compared with plain upscaling")


def plain_planes(frame: CodedFrame, scale: int, kernel: str) -> Planes:
    """4:2:0 planes as an enhancer shows them: chroma half the luma size, rounded up."""
    y, u, v = (_core.compose(plane) for plane in upscale_planes(frame.native.planes, scale, kernel))
    return crop_planes((y, u, v), y.shape[1], y.shape[0])


def _crop(planes: Planes, to: Planes) -> Planes:
    height, width = to[0].shape
    cut = crop_planes(planes, width, height)
    if cut[0].shape != to[0].shape:
        rows, columns = planes[0].shape
        raise MediaError(f"the HR frame of {columns}x{rows} is smaller than SR, {width}x{height}")
    return cut
