"""How wide a halo patches need: what they lose where it is narrower than the receptive field."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from palantir import _core
from palantir.codec import CodedFrame, decode_packets
from palantir.enhance.calibration import patch_tiles
from palantir.enhance.inference import AnchorInference, FrameAnchors, plane_area, upscale_area
from palantir.enhance.network_input import check_format
from palantir.errors import MediaError
from palantir.grid import PatchGrid
from palantir.media import VideoSource, read_frames
from palantir.media.pictures import Plane
from palantir.models import SRNetwork
from palantir.quality.psnr import mean_squared_error, psnr
from palantir.tiles import Tile

__all__ = ["HaloLoss", "study_halo"]


@dataclass(frozen=True)
class HaloLoss:
    """What a halo comes to where every patch is an anchor by itself.

    halo    LR pixels; None: whole frames, without patches
    cost    LR pixels through the network, halo included, as a multiple of the frames'
    psnr_y  of the frames' mean squared error, dB
    """

    halo: int | None
    cost: float
    psnr_y: float


def study_halo(
    source: VideoSource,
    reference: str | os.PathLike[str],
    network: SRNetwork,
    halos: Sequence[int] = (0, 1, 2, 3, 4, 6, 8),
    *,
    grid: PatchGrid | None = None,
    every: int = 12,
    progress: Callable[[int], None] = lambda shown: None,
) -> list[HaloLoss]:
    """Each halo's loss on every `every`-th frame that `source` displays; whole frames come last.

    reference  the original, in HR; may be larger than the SR frames by less than the scale
    halos      LR pixels, 0 or more
    grid       None: the default for the stream's size
    progress   hears how many frames were displayed so far

    Raises UnsupportedError where the stream is not 8-bit 4:2:0, MediaError where the reference is
    smaller or shorter or nothing is displayed, and the errors of decoding.
    """
    inferences = [AnchorInference(network, halo) for halo in (*halos, 0)]
    errors, costs, count = np.zeros(len(inferences)), np.zeros(len(inferences)), 0
    for frame, original in _pairs(source, reference, every, progress):
        width, height = frame.width, frame.height
        fitted = (grid or PatchGrid.default(width, height)).fit(width, height)
        patches = patch_tiles(fitted, width, height)
        sr = Tile(0, 0, width * network.scale, height * network.scale)
        if original.shape[0] < sr.bottom or original.shape[1] < sr.right:
            raise MediaError(
                f"{os.fspath(reference)}: its frames are {original.shape[1]}x{original.shape[0]}, "
                f"smaller than {sr.right}x{sr.bottom}"
            )
        for i, inference in enumerate(inferences):
            tiles = patches if i < len(halos) else [Tile(0, 0, width, height)]
            luma, pixels = _enhanced(frame, tiles, inference, source)
            errors[i] += mean_squared_error(original[: sr.bottom, : sr.right], luma)
            costs[i] += pixels / (width * height)
        count += 1
    if not count:
        raise MediaError(f"{source.path}: displays no frame")
    return [
        HaloLoss(halo, cost / count, psnr(error / count))
        for halo, cost, error in zip((*halos, None), costs.tolist(), errors.tolist(), strict=True)
    ]


def _pairs(
    source: VideoSource,
    reference: str | os.PathLike[str],
    every: int,
    progress: Callable[[int], None],
) -> Iterator[tuple[CodedFrame, Plane]]:
    """Displayed frames, but those that were decoded before, and their originals' luma."""
    originals, shown = read_frames(reference), 0
    for packet in decode_packets(source):
        if packet.displayed is None:
            continue
        original = next(originals, None)
        if original is None:
            raise MediaError(f"{os.fspath(reference)}: ends after {shown} frames")
        found = [frame for frame in packet.frames if frame.index == packet.displayed]
        if shown % every == 0 and found:
            check_format(found[0], str(source.path))
            yield found[0], original[0]
        shown += 1
        progress(shown)


def _enhanced(
    frame: CodedFrame, tiles: list[Tile], inference: AnchorInference, source: VideoSource
) -> tuple[Plane, int]:
    """SR luma of a frame that the tiles cover, and the LR pixels that went through the network."""
    scale, low = inference.scale, frame.native.planes[0]
    anchors = FrameAnchors(frame.native.planes, tiles, source.colour)
    (made,) = inference.run([anchors])
    luma = np.empty((frame.height * scale, frame.width * scale), np.uint8)
    for anchor in made.anchors:
        area = plane_area(anchor.tile, 0, scale)
        luma[area] = _core.compose(upscale_area(low, scale, area), anchor.planes[0])
    return luma, made.pixels
