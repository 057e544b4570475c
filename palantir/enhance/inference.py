"""Anchor patches through the network: what it adds over the plain upscaler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.enhance.colour import rgb_to_yuv_matrix
from palantir.enhance.network_input import network_input, range_change
from palantir.errors import ModelError
from palantir.media.colour import Colour
from palantir.media.pictures import Plane, Planes
from palantir.models import SRNetwork
from palantir.models.traits import checked_halo
from palantir.tiles import Tile, with_halo

__all__ = [
    "AnchorDetail",
    "AnchorInference",
    "AnchorSource",
    "FrameAnchors",
    "FrameDetail",
    "halo_of",
    "plane_area",
    "upscale_area",
]

Float = NDArray[np.float32]
Fixed = NDArray[np.int16]  # grey levels with _core.FRACTION_BITS fractional bits
FixedPlanes = tuple[Fixed, Fixed, Fixed]

_BATCH_PIXELS = 1 << 17  # LR pixels: bounds the memory of a batch of several tiles
_STRIP_PIXELS = 1 << 19  # LR pixels: bounds that of a larger tile
_EVEN = 8  # strips begin at such rows, so that networks with strides see what they see of a tile


class AnchorDetail(NamedTuple):
    """Detail of one tile: for each plane its SR pixels, or None where the network adds nothing."""

    tile: Tile
    planes: tuple[Fixed | None, Fixed | None, Fixed | None]


class FrameAnchors(NamedTuple):
    """An LR picture, the tiles of it that the network shall see, and what its samples mean.

    coded  index of the coded frame, for sources that tell frames apart by it
    """

    frame: Planes
    tiles: list[Tile]
    colour: Colour
    coded: int = 0


class FrameDetail(NamedTuple):
    """Detail of each of the tiles, and the LR pixels that it cost, halo included."""

    anchors: list[AnchorDetail]
    pixels: int


@runtime_checkable
class AnchorSource(Protocol):
    """Where the detail of anchors comes from: a network, or what one was found to give earlier.

    It may have `filters`, as `SRNetwork` has them.
    """

    @property
    def scale(self) -> int:
        """SR width / LR width."""

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        """Detail of each frame's tiles."""
        ...


def halo_of(network: SRNetwork) -> int:
    """LR pixels of surroundings that patches are run with. Raises ModelError if not known."""
    if network.halo is None:
        raise ModelError(
            f"{network.path}: its receptive field is unbounded, so patches need a halo (--halo)"
        )
    return network.halo


def plane_area(tile: Tile, plane: int, scale: int) -> tuple[slice, slice]:
    """Rows and columns of the SR plane that belong to an LR luma tile.

    A chroma sample belongs to the tile of its first luma pixel.
    """
    left, top, right, bottom = (
        (edge + 1) // 2 if plane else edge
        for edge in (tile.left, tile.top, tile.right, tile.bottom)
    )
    return slice(top * scale, bottom * scale), slice(left * scale, right * scale)


def upscale_area(
    plane: Plane, scale: int, area: tuple[slice, slice], kernel: str = "bicubic"
) -> Fixed:
    """Plain upscaling of an area (rows, columns) of the SR plane.

    Its bounds are multiples of `scale`. Int16, `_core.FRACTION_BITS` fractional bits.
    """
    rows, columns = (slice(part.start // scale, part.stop // scale) for part in area)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    if width == 0 or height == 0:
        return np.empty((height * scale, width * scale), np.int16)
    return _core.upscale_area(plane, scale, columns.start, rows.start, width, height, kernel)


class AnchorInference:
    """Runs tiles with their halo through a network.

    network  of which patches are run with `halo` LR pixels of surroundings; None: its own

    Raises ModelError if neither is known: tiles would then not fit together.
    """

    def __init__(self, network: SRNetwork, halo: int | None = None) -> None:
        self._halo = halo_of(network) if halo is None else checked_halo(halo)
        self._network = network
        self.scale = network.scale

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        """Detail of each frame's tiles.

        Tiles of one size go through the network together, whatever frame they are of, which saves
        some of the threads' waiting for each other; no bit depends on it.
        """
        one = self._luma if self._network.colour == "luma" else self._rgb
        owners = [f for f, anchors in enumerate(frames) for _ in anchors.tiles]
        tiles = [tile for anchors in frames for tile in anchors.tiles]
        areas = [
            with_halo(tile, self._halo, *frames[f].frame[0].shape[::-1])
            for f, tile in zip(owners, tiles, strict=True)
        ]
        details: dict[int, AnchorDetail] = {}
        for members in self._batches(areas):
            inputs = [
                network_input(frames[owners[i]].frame, areas[i], frames[owners[i]].colour,
                              self._network)
                for i in members
            ]  # fmt: skip
            for i, result in zip(members, self._run(np.concatenate(inputs)), strict=True):
                frame, _, colour, _ = frames[owners[i]]
                details[i] = one(result, areas[i], frame, tiles[i], colour)
        made = [FrameDetail([], 0) for _ in frames]
        for i, f in enumerate(owners):
            made[f].anchors.append(details[i])
            made[f] = made[f]._replace(pixels=made[f].pixels + areas[i].pixels)
        return made

    def _batches(self, areas: list[Tile]) -> Iterator[list[int]]:
        """Indices of areas of one size that go through the network together."""
        by_size: dict[tuple[int, int], list[int]] = {}
        for i, area in enumerate(areas):
            size = area.right - area.left, area.bottom - area.top
            by_size.setdefault(size, []).append(i)
        for (width, height), members in by_size.items():
            most = max(1, _BATCH_PIXELS // (width * height)) if self._network.takes_batches else 1
            for first in range(0, len(members), most):
                yield members[first : first + most]

    def _run(self, pictures: Float) -> Float:
        """The network's result, of large pictures strip by strip, with the same bits."""
        height, width = pictures.shape[2:]
        radius, scale = self._network.radius, self._network.scale
        rows = max(_STRIP_PIXELS // width // _EVEN * _EVEN, _EVEN)
        if radius is None or rows >= height:
            return self._network.run(pictures)
        reach = -(-radius // _EVEN) * _EVEN
        strips = []
        for top in range(0, height, rows):
            seen = slice(max(top - reach, 0), top + rows + reach)
            made = self._network.run(pictures[:, :, seen])
            first = (top - seen.start) * scale
            strips.append(made[:, :, first : first + rows * scale])
        return np.concatenate(strips, axis=2)

    def _luma(
        self, result: Float, grown: Tile, frame: Planes, tile: Tile, colour: Colour
    ) -> AnchorDetail:
        gain, offset = range_change(colour, self._network.range)
        scale, inner = self._network.scale, tile.relative_to(grown)
        x, y = inner.left * scale, inner.top * scale
        if self._network.output == "detail":
            width, height = (tile.right - tile.left) * scale, (tile.bottom - tile.top) * scale
            detail = _core.detail_of(result, x, y, width, height, gain)
        else:
            detail = upscale_area(frame[0], scale, plane_area(tile, 0, scale))
            _core.luma_less(result, x, y, gain, offset, detail)
        return AnchorDetail(tile, (detail, None, None))

    def _rgb(
        self, result: Float, grown: Tile, frame: Planes, tile: Tile, colour: Colour
    ) -> AnchorDetail:
        scale = self._network.scale
        areas = [plane_area(tile, p, scale) for p in range(3)]
        luma, u, v = (
            upscale_area(plane, scale, area) for plane, area in zip(frame, areas, strict=True)
        )
        (x, y), (chroma_x, chroma_y) = (
            (step * columns.start - grown.left * scale, step * rows.start - grown.top * scale)
            for step, (rows, columns) in ((1, areas[0]), (2, areas[1]))
        )
        _core.rgb_less(result, *rgb_to_yuv_matrix(colour), (x, y), (chroma_x, chroma_y), luma, u, v)
        return AnchorDetail(tile, (luma, u, v))
