"""The patch grid: equal tiles over a frame, the last row and column taking the remainder."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError

__all__ = ["MOST_PATCHES", "PatchGrid"]

MOST_PATCHES = 2**27  # of all coded frames that are held at once: a byte each in a cache profile

_DEFAULT_PATCHES = 8  # along the short side, unless they would be smaller than this:
_DEFAULT_PATCH = 32  # pixels a side, the best of the sizes tried on 480x270 (docs/results.md)
_LEAST_PATCHES = 3  # in spite of it
_MAXIMUM_PATCHES = 65536  # of a frame: as many as a cache profile can hold
_MINIMUM_PATCH = 16  # pixels a side, for grids that nobody wrote down


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """`rows` x `columns` patches of a frame, numbered row-major.

    Raises ScheduleError unless both are whole numbers of at least 1 and `count` is at most 65536.
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        try:
            rows, columns = operator.index(self.rows), operator.index(self.columns)
        except TypeError:
            raise ScheduleError(
                f"patch grid {self.rows!r}x{self.columns!r} is not made of whole numbers"
            ) from None
        if rows < 1 or columns < 1:
            raise ScheduleError(f"patch grid {rows}x{columns} has no patches")
        if rows * columns > _MAXIMUM_PATCHES:
            raise ScheduleError(
                f"patch grid {rows}x{columns} has more than {_MAXIMUM_PATCHES} patches"
            )
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "columns", columns)

    def __str__(self) -> str:
        return f"{self.rows}x{self.columns}"

    @property
    def count(self) -> int:
        """Patches in a frame, `P`."""
        return self.rows * self.columns

    @classmethod
    def parse(cls, value: PatchGrid | tuple[int, int] | str) -> PatchGrid:
        """A grid from a grid, from `(rows, columns)`, or from text such as `"3x5"` (rows first).

        Raises ScheduleError for anything else.
        """
        if isinstance(value, PatchGrid):
            return value
        if isinstance(value, str):
            match = re.fullmatch(r"\s*([0-9]{1,9})[xX]([0-9]{1,9})\s*", value)
            if match:
                return cls(int(match[1]), int(match[2]))
        elif isinstance(value, tuple) and len(value) == 2:
            return cls(*value)
        raise ScheduleError(f"patch grid {value!r} is not of the form ROWSxCOLUMNS, such as 3x5")

    @classmethod
    def default(cls, width: int, height: int) -> PatchGrid:
        """The grid for frames of `width` x `height` pixels when none is asked for.

        About square patches, eight along the short side; of 32 pixels where those would be
        smaller, but three along the short side at least. 8x14 at 480x270 and at any 16:9 above.
        """
        fitting = (2 * min(width, height) + _DEFAULT_PATCH) // (2 * _DEFAULT_PATCH)
        return cls.square(width, height, max(_LEAST_PATCHES, min(_DEFAULT_PATCHES, fitting)))

    @classmethod
    def square(cls, width: int, height: int, along_short_side: int) -> PatchGrid:
        """About square patches, so many along the short side; none below 16 pixels.

        Three are the paper's (3x5 patches of 170x160 pixels at 854x480, section 6.1).
        """
        _check_frame(width, height)
        short, long = sorted((width, height))
        few = _patches_along(short, along_short_side)
        many = _patches_along(long, round(along_short_side * long / short))
        return cls(few, many) if width >= height else cls(many, few)

    @classmethod
    def from_patch_size(
        cls, width: int, height: int, patch_width: int, patch_height: int
    ) -> PatchGrid:
        """The grid whose patches come nearest to `patch_width` x `patch_height` pixels.

        Raises ScheduleError where a size is below 1 or the patch is larger than the frame.
        """
        _check_frame(width, height)
        if not (1 <= patch_width <= width and 1 <= patch_height <= height):
            raise ScheduleError(
                f"patch {patch_width}x{patch_height} does not fit a {width}x{height} frame"
            )
        columns = (2 * width + patch_width) // (2 * patch_width)
        rows = (2 * height + patch_height) // (2 * patch_height)
        return cls(rows, columns)

    def fit(self, width: int, height: int) -> PatchGrid:
        """This grid, once it is known that every patch of such a frame has a pixel.

        Raises ScheduleError where it is not so.
        """
        if self.columns > width or self.rows > height:
            raise ScheduleError(f"patch grid {self} does not fit a {width}x{height} frame")
        return self

    def column_edges(self, width: int) -> NDArray[np.int64]:
        """Left edges of the columns and the frame's right edge, int64 [columns + 1], in pixels."""
        return _edges(width, self.columns)

    def row_edges(self, height: int) -> NDArray[np.int64]:
        """Top edges of the rows and the frame's bottom edge, int64 [rows + 1], in pixels."""
        return _edges(height, self.rows)


def _check_frame(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise ScheduleError(f"a {width}x{height} frame has no pixels")


def _patches_along(pixels: int, wanted: int) -> int:
    return max(1, min(wanted, pixels // _MINIMUM_PATCH))


def _edges(pixels: int, patches: int) -> NDArray[np.int64]:
    edges = np.arange(patches + 1, dtype=np.int64) * (pixels // patches)
    edges[-1] = pixels
    return edges
