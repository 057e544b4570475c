from __future__ import annotations

import pytest

from palantir.errors import ScheduleError
from palantir.graph import PatchGrid


def test_tiles_are_equal_and_the_last_takes_the_remainder() -> None:
    grid = PatchGrid(3, 5)
    assert grid.column_edges(854).tolist() == [0, 170, 340, 510, 680, 854]
    assert grid.row_edges(480).tolist() == [0, 160, 320, 480]
    assert PatchGrid(1, 16).column_edges(31).tolist() == [*range(16), 31]
    assert grid.count == 15


@pytest.mark.parametrize(
    ("width", "height", "grid"),
    [
        (1920, 1080, "8x14"),  # patches grow with the frame
        (854, 480, "8x14"),
        (480, 270, "8x14"),
        (270, 480, "14x8"),
        (480, 480, "8x8"),
        (320, 180, "6x11"),  # about 32x32
        (160, 90, "3x5"),
        (64, 48, "3x4"),  # three, above 16 pixels
        (32, 20, "1x2"),
        (2, 2, "1x1"),
        (1, 1, "1x1"),
    ],
)
def test_default_patches_are_square_and_not_too_many(width: int, height: int, grid: str) -> None:
    assert PatchGrid.default(width, height) == PatchGrid.parse(grid)


def test_three_patches_along_the_short_side_are_the_papers() -> None:
    assert PatchGrid.square(854, 480, 3) == PatchGrid.square(1280, 720, 3) == PatchGrid(3, 5)
    assert PatchGrid.square(480, 854, 3) == PatchGrid(5, 3)
    assert PatchGrid.square(40, 20, 3) == PatchGrid(1, 2)
    with pytest.raises(ScheduleError, match="a 0x20 frame has no pixels"):
        PatchGrid.square(0, 20, 3)


def test_default_grid_fits_every_small_frame() -> None:
    for width in range(1, 70):
        for height in range(1, 70):
            PatchGrid.default(width, height).fit(width, height)


def test_grid_from_patch_size_comes_nearest_to_it() -> None:
    assert PatchGrid.from_patch_size(854, 480, 170, 160) == PatchGrid(3, 5)
    assert PatchGrid.from_patch_size(854, 480, 32, 32) == PatchGrid(15, 27)
    assert PatchGrid.from_patch_size(10, 10, 10, 1) == PatchGrid(10, 1)
    with pytest.raises(ScheduleError, match="patch 11x1 does not fit a 10x10 frame"):
        PatchGrid.from_patch_size(10, 10, 11, 1)
    with pytest.raises(ScheduleError, match="patch 0x1"):
        PatchGrid.from_patch_size(10, 10, 0, 1)


def test_a_grid_finer_than_the_frame_does_not_fit() -> None:
    assert PatchGrid(2, 2).fit(2, 2) == PatchGrid(2, 2)
    with pytest.raises(ScheduleError, match=r"^patch grid 3x5 does not fit a 2x2 frame$"):
        PatchGrid(3, 5).fit(2, 2)


def test_grids_are_read_from_text_and_pairs() -> None:
    assert PatchGrid.parse("3x5") == PatchGrid.parse((3, 5)) == PatchGrid(3, 5)
    assert PatchGrid.parse(PatchGrid(3, 5)) == PatchGrid(3, 5)
    assert str(PatchGrid(3, 5)) == "3x5"


@pytest.mark.parametrize("value", ["", "3", "3x", "x5", "-3x5", "3x5x7", "3.0x5", (3,), (1, 2, 3)])
def test_other_text_is_no_grid(value: object) -> None:
    with pytest.raises(ScheduleError, match="is not of the form ROWSxCOLUMNS"):
        PatchGrid.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [(0, 5), (3, -1), (3.5, 5), ("a", "b")])
def test_rows_and_columns_are_whole_numbers_above_0(value: object) -> None:
    with pytest.raises(ScheduleError, match="patch grid"):
        PatchGrid.parse(value)  # type: ignore[arg-type]
