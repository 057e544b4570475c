"""One coded frame: the facts, blocks and pictures that the decoder saw, and its trace."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.grid import PatchGrid

__all__ = ["BLOCK_FIELDS", "CodedFrame", "PatchWeights"]

Samples = NDArray[np.uint8] | NDArray[np.uint16]

BLOCK_FIELDS = {
    "x": "luma column of the top-left pixel",
    "y": "luma row of the top-left pixel",
    "width": "nominal luma width, 8..64; the block may reach past the frame",
    "height": "nominal luma height, 8..64",
    "inter": "0 intra, 1 one reference, 2 compound",
    "split": "1: a sub-8x8 partition, whose four quarters have motion vectors of their own",
    "skip": "1: no residual",
    "filter": "interpolation filter: 0 regular, 1 smooth, 2 sharp, 3 bilinear",
    "usable": "1: every reference has this frame's size, so that its pixels can be reused",
    "reserved": "0",
    "reference": "[2] coded-frame index of each reference, -1 none",
    "mv": "[2, 4, 2] motion vector of [reference, quarter, (row, column)], 1/8 luma pixel",
}


class PatchWeights(NamedTuple):
    """Reference weights of one coded frame (docs/method.md, error graph).

    The first four are columns of one table of edges, sorted by (patch, reference, source).
    """

    patch: NDArray[np.int32]  # dependent patch of this frame
    reference: NDArray[np.int32]  # coded-frame index, below this frame's
    source: NDArray[np.int32]  # patch of the reference
    weight: NDArray[np.float64]  # pixels referred to / pixels of the source patch
    intra_pixels: NDArray[np.int64]  # [P] luma pixels that reuse cannot reach


class CodedFrame:
    """One frame in decode order, invisible ones included. Immutable; arrays are read-only.

    packet  index of the packet that held it
    pts     time of that packet, in the source's time base
    native  the frame as `palantir._core` takes it
    tags    colour space and range of the stream; None takes the frame's own. `Decoder` gives those
            of the last key frame, even where an intra-only frame (profiles 1 to 3) has its own
    displays  whether that packet displays a frame, this one or another
    """

    def __init__(
        self,
        native: _core.CodedFrame,
        packet: int,
        pts: int,
        grid: PatchGrid | None,
        tags: tuple[int, bool] | None = None,
        displays: bool = True,
    ) -> None:
        self.native = native
        self.packet = packet
        self.pts = pts
        self.displays = displays
        self._grid = grid
        self._tags = tags or (native.color_space, native.full_range)

    @property
    def index(self) -> int:
        """Coded-frame index, 0 for the stream's first."""
        return self.native.index

    @property
    def shown(self) -> bool:
        """Displayed by its own packet; a later packet may display it again."""
        return self.native.shown

    @property
    def key(self) -> bool:
        """Key frame: resets all eight reference slots."""
        return self.native.key

    @property
    def intra_only(self) -> bool:
        """Intra-only frame: no references, but not a key frame."""
        return self.native.intra_only

    @property
    def lossless(self) -> bool:
        """Coded without loss."""
        return self.native.lossless

    @property
    def width(self) -> int:
        """Luma pixels."""
        return self.native.width

    @property
    def height(self) -> int:
        """Luma pixels."""
        return self.native.height

    @property
    def bit_depth(self) -> int:
        """8, 10 or 12."""
        return self.native.bit_depth

    @property
    def subsampling(self) -> tuple[int, int]:
        """(x, y); 1 halves the chroma planes."""
        return self.native.subsampling

    @property
    def full_range(self) -> bool:
        """Samples use all levels; as the last key frame says, like `color_space`."""
        return self._tags[1]

    @property
    def color_space(self) -> int:
        """VP9's code, 0 unknown (VP9 specification 7.2.2), that the last key frame carried.

        An intra-only frame of profile 0 carries none, and libvpx takes it for limited BT.601.
        """
        return self._tags[0]

    @property
    def references(self) -> tuple[int, ...]:
        """Coded-frame indices of LAST, GOLDEN, ALTREF; -1 where there is none."""
        return self.native.references

    @property
    def slots(self) -> tuple[int, ...]:
        """Coded-frame index in each of the eight reference slots after this frame."""
        return self.native.slots

    @property
    def refresh(self) -> int:
        """Bit i: slot i takes this frame."""
        return self.native.refresh

    @property
    def quantizer(self) -> int:
        """Base quantiser index, 0..255."""
        return self.native.quantizer

    @property
    def filter_level(self) -> int:
        """Of the loop filter, 0..63."""
        return self.native.filter_level

    @property
    def coded_bytes(self) -> int:
        """Size of the coded frame, without what an encoder appends as padding."""
        return self.native.coded_bytes

    @property
    def grid(self) -> PatchGrid:
        """The patch grid asked for, else the default one of the frame's size.

        Raises ScheduleError where it does not fit the frame.
        """
        grid = self._grid or PatchGrid.default(self.width, self.height)
        return grid.fit(self.width, self.height)

    @property
    def planes(self) -> tuple[Samples, Samples, Samples]:
        """Y, U, V after the loop filter: what a player shows; uint8, or uint16 above 8 bits."""
        return self.native.planes

    @property
    def prediction(self) -> tuple[Samples, Samples, Samples]:
        """What motion compensation gave; an intra block holds its reconstruction."""
        return self.native.prediction

    @property
    def reconstruction(self) -> tuple[Samples, Samples, Samples]:
        """Prediction plus residual, before the loop filter."""
        return self.native.reconstruction

    @property
    def blocks(self) -> NDArray[np.void]:
        """Prediction blocks in raster order of their corners; the fields are in BLOCK_FIELDS."""
        return self.native.blocks

    @cached_property
    def texture(self) -> NDArray[np.float32]:
        """Texture complexity of each patch, float32 [P], squared grey levels.

        `||r - U2(D2(r))||^2` of the residual of inter blocks and of the reconstruction of intra
        blocks, over all planes (docs/method.md, error graph). Raises ScheduleError where the grid
        does not fit the frame.
        """
        grid = self.grid
        return self.native.texture(grid.rows, grid.columns).astype(np.float32)

    @cached_property
    def weights(self) -> PatchWeights:
        """Reference weights of each patch. Raises ScheduleError as `texture` does."""
        grid = self.grid
        return PatchWeights(*self.native.weights(grid.rows, grid.columns))

    def __repr__(self) -> str:
        kind = "key" if self.key else "intra-only" if self.intra_only else "inter"
        shown = "shown" if self.shown else "hidden"
        return f"CodedFrame({self.index}, {kind}, {shown}, {self.width}x{self.height})"
