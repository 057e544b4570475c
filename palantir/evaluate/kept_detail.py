"""What a network gives for whole frames, computed once and kept in files.

A patch's detail is cut from its frame's, so that one run of per-frame SR serves every set of
anchors, and evaluating a set costs only decoding and reuse. With a halo of the network's radius
patches equal the whole frame's pixels, bit for bit on the CPU (`SRNetwork`); with the usual one,
whose cost is counted here, almost (`study_halo`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.enhance.inference import (
    AnchorDetail,
    AnchorInference,
    FrameAnchors,
    FrameDetail,
    halo_of,
    plane_area,
)
from palantir.errors import MediaError, ModelError
from palantir.files import atomic_path
from palantir.models import SRNetwork
from palantir.models.traits import USUAL_HALO
from palantir.tiles import Tile, with_halo

__all__ = ["KeptDetail"]

_Planes = tuple[NDArray[np.int16] | None, NDArray[np.int16] | None, NDArray[np.int16] | None]


class KeptDetail:
    """Detail of the anchors of one stream by one network: an `AnchorSource` for an `Enhancer`.

    folder   of the files, one a coded frame; for this stream and network only, made if missing.
             What was kept while another plain upscaler was in use is not taken
    network  computes what is not there yet

    Raises ModelError if the network's radius is not known or its halo below the usual one; `run`
    raises MediaError where a file cannot be read or written, or is damaged.
    """

    def __init__(self, folder: Path, network: SRNetwork) -> None:
        self.scale: int = network.scale
        self.filters = network.filters
        self._halo = halo_of(network)
        if network.radius is None or self._halo < min(network.radius, USUAL_HALO):
            raise ModelError(
                f"{network.path}: patches with a halo of {self._halo} pixels are not near "
                "enough to whole frames, whose pixels would be taken for theirs"
            )
        self._inference = AnchorInference(network)
        self._folder = folder / _upscaler_mark(network.scale)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MediaError(f"{folder}: cannot make the folder: {error.strerror}") from None

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        """Detail of each frame's tiles, and the LR pixels that it would have cost."""
        return [self._cut(anchors) if anchors.tiles else FrameDetail([], 0) for anchors in frames]

    def _cut(self, anchors: FrameAnchors) -> FrameDetail:
        whole = self._whole(anchors)
        height, width = anchors.frame[0].shape
        details = [self._detail(tile, whole) for tile in anchors.tiles]
        areas = (with_halo(tile, self._halo, width, height) for tile in anchors.tiles)
        return FrameDetail(details, sum(area.pixels for area in areas))

    def _detail(self, tile: Tile, whole: _Planes) -> AnchorDetail:
        y, u, v = (
            None if plane is None else np.array(plane[plane_area(tile, p, self.scale)])
            for p, plane in enumerate(whole)
        )
        return AnchorDetail(tile, (y, u, v))

    def _whole(self, anchors: FrameAnchors) -> _Planes:
        """The frame's detail, from its file if there is one."""
        path = self._folder / f"{anchors.coded:06}.npy"
        if not path.exists():
            return self._made(anchors, path)
        try:
            flat: NDArray[np.int16] = np.load(path, mmap_mode="r")
        except (OSError, EOFError, ValueError) as error:
            raise MediaError(f"{path}: cannot be read: {error}") from None
        shapes = [(self.scale * h, self.scale * w) for h, w in (p.shape for p in anchors.frame)]
        ends = np.cumsum([h * w for h, w in shapes])
        if flat.dtype != np.int16 or flat.ndim != 1 or len(flat) not in (ends[0], ends[2]):
            raise MediaError(f"{path}: is not the detail of a frame of this stream")
        parts = np.split(flat, ends[: 2 if len(flat) == ends[2] else 0])
        planes = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=False)]
        return (planes[0], planes[1], planes[2]) if len(planes) == 3 else (planes[0], None, None)

    def _made(self, anchors: FrameAnchors, path: Path) -> _Planes:
        height, width = anchors.frame[0].shape
        everything = anchors._replace(tiles=[Tile(0, 0, width, height)])
        planes = self._inference.run([everything])[0].anchors[0].planes
        flat = np.concatenate([plane.ravel() for plane in planes if plane is not None])
        try:
            with atomic_path(path) as temporary:
                np.save(temporary, flat)
        except OSError as error:
            raise MediaError(f"{path}: {error.strerror or error}") from None
        return planes


def _upscaler_mark(scale: int) -> str:
    """Tells bicubic upscalers apart, over which detail is kept: by what this one does."""
    pattern = np.random.default_rng(0).integers(0, 256, (24, 24), np.uint8)
    upscaled = _core.upscale_area(pattern, scale, 0, 0, 24, 24, "bicubic")
    digest = hashlib.sha256(upscaled.tobytes() + bytes([_core.FRACTION_BITS]))
    return digest.hexdigest()[:8]
