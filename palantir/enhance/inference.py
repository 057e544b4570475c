"""Anchor patches through the network: what it adds over the plain upscaler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.enhance.colour import halve_chroma, rgb_to_yuv
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
_ONE = 1 << _core.FRACTION_BITS
_LIMIT = 255 * _ONE


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


class AnchorSource(Protocol):
    """Where the detail of anchors comes from: a network, or what one was found to give earlier."""

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
            f"{network.path}: its receptive field is unbounded, so patches need a halo that is told"
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


def upscale_area(plane: Plane, scale: int, area: tuple[slice, slice]) -> Fixed:
    """`U(LR)` over an area (rows, columns) of the SR plane, whose bounds are multiples of `scale`.

    Int16, `_core.FRACTION_BITS` fractional bits.
    """
    rows, columns = (slice(part.start // scale, part.stop // scale) for part in area)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    if width == 0 or height == 0:
        return np.empty((height * scale, width * scale), np.int16)
    return _core.upscale_area(plane, scale, columns.start, rows.start, width, height)


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
            for i, result in zip(members, self._network.run(np.concatenate(inputs)), strict=True):
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

    def _luma(
        self, result: Float, grown: Tile, frame: Planes, tile: Tile, colour: Colour
    ) -> AnchorDetail:
        gain, offset = range_change(colour, self._network.range)
        samples = _cut(result[0] * 255, grown, tile, self._network.scale)
        if self._network.output == "detail":
            return AnchorDetail(tile, (_to_fixed(samples / gain), None, None))
        whole = (samples - offset) / gain
        return AnchorDetail(tile, (self._over(whole, frame[0], tile, 0), None, None))

    def _rgb(
        self, result: Float, grown: Tile, frame: Planes, tile: Tile, colour: Colour
    ) -> AnchorDetail:
        scale = self._network.scale
        even = Tile(tile.left & ~1, tile.top & ~1, *_round_up(tile, grown))
        yuv = rgb_to_yuv(np.clip(_cut(result, grown, even, scale), 0, 1), colour)
        inner = tile.relative_to(even)
        luma = yuv[0][plane_area(inner, 0, scale)]
        planes = [self._over(luma, frame[0], tile, 0)]
        for p in (1, 2):
            rows, columns = plane_area(tile, p, scale)
            first_row, first_column = even.top // 2 * scale, even.left // 2 * scale
            padded = _pad_to(yuv[p], 2 * (rows.stop - first_row), 2 * (columns.stop - first_column))
            chroma = halve_chroma(padded)[rows.start - first_row :, columns.start - first_column :]
            planes.append(self._over(chroma, frame[p], tile, p))
        return AnchorDetail(tile, (planes[0], planes[1], planes[2]))

    def _over(self, samples: Float, plane: Plane, tile: Tile, p: int) -> Fixed:
        """What a whole picture's samples add over the upscaled plane `p`."""
        scale = self._network.scale
        whole = np.clip(np.rint(samples * _ONE), 0, _LIMIT).astype(np.int16)
        return whole - upscale_area(plane, scale, plane_area(tile, p, scale))


def _round_up(tile: Tile, grown: Tile) -> tuple[int, int]:
    return min((tile.right + 1) & ~1, grown.right), min((tile.bottom + 1) & ~1, grown.bottom)


def _cut(samples: Float, grown: Tile, tile: Tile, scale: int) -> Float:
    rows = slice((tile.top - grown.top) * scale, (tile.bottom - grown.top) * scale)
    columns = slice((tile.left - grown.left) * scale, (tile.right - grown.left) * scale)
    return samples[..., rows, columns]


def _pad_to(plane: Float, height: int, width: int) -> Float:
    """At an odd border of the frame the last luma pixels are repeated."""
    missing = (max(0, height - plane.shape[0]), max(0, width - plane.shape[1]))
    return np.pad(plane, ((0, missing[0]), (0, missing[1])), mode="edge")[:height, :width]


def _to_fixed(samples: Float) -> Fixed:
    return np.clip(np.rint(samples * _ONE), -_LIMIT, _LIMIT).astype(np.int16)
