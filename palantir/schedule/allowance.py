"""What every budget is to a scheduler: how many picks of an order it pays for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from palantir.graph.frames import FrameRow, FrameTable
from palantir.grid import PatchGrid

__all__ = ["Allowance", "Extent", "Part", "patch_areas"]


@dataclass(frozen=True, slots=True)
class Extent:
    """What a budget needs of a FrameTable, by the same names, where there is none yet."""

    sizes: tuple[tuple[int, int], ...]
    duration: tuple[float, ...]

    def __len__(self) -> int:
        """Coded frames."""
        return len(self.sizes)

    @classmethod
    def of(cls, rows: Collection[FrameRow]) -> Extent:
        """Of these frames."""
        sizes = tuple([(row.width, row.height) for row in rows])
        return cls(sizes, tuple([row.duration for row in rows]))


_Frames: TypeAlias = FrameTable | Extent
Part: TypeAlias = tuple[_Frames, PatchGrid]  # coded frames and their patches; node v = t*P + p


class Allowance(ABC):
    """A budget, over the frames of one interval, or of several segments or streams at once."""

    __slots__ = ()

    def most(self, frames: _Frames, grid: PatchGrid) -> int:
        """Picks worth asking a selector for: of no order does `prefix` keep more."""
        return self.most_of([(frames, grid)])[0]

    def prefix(self, order: NDArray[np.int64], frames: _Frames, grid: PatchGrid) -> int:
        """How many picks of `order` (node indices, int64 [K]) the budget allows, from the first."""
        return self.prefix_of([(frames, grid)], np.zeros(len(order), np.int64), order)

    @abstractmethod
    def most_of(self, parts: Sequence[Part]) -> list[int]:
        """`most` for each part, were the whole budget to go to it."""

    @abstractmethod
    def prefix_of(
        self, parts: Sequence[Part], part: NDArray[np.int64], order: NDArray[np.int64]
    ) -> int:
        """`prefix` of an order over all parts: pick `k` is node `order[k]` of part `part[k]`."""

    @abstractmethod
    def recorded(self, picks: int) -> float | int:
        """What a cache profile with `picks` anchors holds as its budget."""

    @property
    def parameters(self) -> Mapping[str, bool | int | float | str]:
        """What a cache profile holds besides."""
        return {}


def patch_areas(sizes: Iterable[tuple[int, int]], grid: PatchGrid) -> NDArray[np.int64]:
    """LR pixels of every node of frames of these sizes (width, height), int64 [T*P].

    Raises ScheduleError where the grid does not fit.
    """
    areas = [_frame_areas(grid, width, height) for width, height in sizes]
    return np.concatenate(areas) if areas else np.zeros(0, np.int64)


@lru_cache(maxsize=64)
def _frame_areas(grid: PatchGrid, width: int, height: int) -> NDArray[np.int64]:
    grid.fit(width, height)
    return np.outer(np.diff(grid.row_edges(height)), np.diff(grid.column_edges(width))).ravel()
