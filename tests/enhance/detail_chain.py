"""A stream's frames through detail reuse, each with random anchors, natively and in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.inference import plane_area
from palantir.tiles import Tile
from tests.enhance.numpy_detail import FULL, NONE, Map, Shown, detail_map, render

__all__ = ["Chain", "random_tiles"]

POOL = _core.BufferPool()


def random_tiles(frame: CodedFrame, random: np.random.Generator) -> list[Tile]:
    """None, one, or two beside each other; edges anywhere, one pixel wide at times."""
    kind, (height, width) = random.integers(4), frame.planes[0].shape
    left, right = sorted(random.choice(width + 1, 2, replace=False))
    top, bottom = sorted(random.choice(height + 1, 2, replace=False))
    whole = Tile(int(left), int(top), int(right), int(bottom))
    if kind < 3 or right - left < 2:
        return [whole] if kind else []
    middle = int(random.integers(left + 1, right))
    return [whole._replace(right=middle), whole._replace(left=middle)]


class Chain:
    """Enhanced frames by coded index; `filters` [112, 24, scale, scale] make U of luma."""

    def __init__(self, scale: int, fade: float, filters: NDArray[np.int16] | None = None) -> None:
        self.scale, self.fade, self.filters = scale, fade, filters
        self.native: dict[int, _core.DetailMap] = {}
        self.maps: dict[int, Map] = {}
        self.sources: dict[int, list[NDArray[Any]]] = {}
        self.shown: dict[int, Shown] = {}

    def follow(
        self, frame: CodedFrame, tiles: Sequence[Tile], known: Sequence[int]
    ) -> list[NDArray[np.uint8]]:
        """Enhance a frame from the references `known`, both ways, and compare; its SR planes."""
        source = self._source(frame, tiles)
        native = _core.reuse_detail(
            frame.native, {i: self.native[i] for i in known if i in self.native}, self.scale,
            self.fade, source, POOL,
        )  # fmt: skip
        self.shown[frame.index] = Shown.of(frame.planes[0], tiles)
        maps = {i: self.maps[i] for i in known if i in self.maps}
        made = self.maps[frame.index] = detail_map(frame, maps, self.shown, self.fade, tiles)
        live = made.confidence > 0
        assert (native is not None) == live.any()
        if native is not None:
            self.native[frame.index] = native
            np.testing.assert_array_equal(native.confidence, made.confidence)
            for name in ("source", "down", "across"):
                np.testing.assert_array_equal(
                    getattr(native, name)[live], getattr(made, name)[live]
                )
            assert native.sources == sorted(np.unique(made.source[live]))
        bank = None if self.filters is None else _core.FilterBank(self.filters)
        shown = _core.render_detail(frame.native, native, self.scale, POOL, filters=bank)
        expected = render(frame, made, self.sources, self.scale, self.filters)
        for plane, wanted in zip(shown, expected, strict=True):
            np.testing.assert_array_equal(plane, wanted)
        return expected

    def _source(self, frame: CodedFrame, tiles: Sequence[Tile]) -> _core.DetailSource | None:
        random = np.random.default_rng(frame.index)
        source = _core.DetailSource(frame.native, self.scale, tiles, POOL)
        self.sources[frame.index] = []
        for p, plane in enumerate(frame.planes):
            shape = (plane.shape[0] * self.scale, plane.shape[1] * self.scale)
            noise = np.clip(random.normal(0, 4000, shape), -16320, 16320).astype(np.int16)
            kept = np.full(shape, NONE, np.int64)
            for tile in tiles:
                area = plane_area(tile, p, self.scale)
                kept[area] = noise[area]
                if kept[area].size:
                    source.add(p, area[1].start, area[0].start, noise[area], POOL)
            self.sources[frame.index].append(kept)
        return source if tiles else None

    def is_full(self, index: int) -> bool:
        """Whether detail of frame `index` is live somewhere undiminished."""
        return bool((self.maps[index].confidence == FULL).any())
