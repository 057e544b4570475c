"""Pictures for people: their shapes, and that outlines lie on the anchors' borders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from palantir.enhance.colour import to_rgb
from palantir.evaluate.pictures import comparison_picture, outline_anchors, trace_picture
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.media.colour import Colour
from tests.enhance.streams import QUICK, encode, moving_picture


def test_outlines_lie_inside_the_anchors_borders() -> None:
    grid, scale = PatchGrid(2, 3), 2
    anchors = np.array([False, True, False, False, False, True])
    picture = np.zeros((2 * 21, 2 * 31, 3), np.uint8)
    outlined = outline_anchors(picture, anchors, grid, (31, 21), scale)
    expected = np.zeros((42, 62), bool)
    for left, top, right, bottom in ((20, 0, 40, 20), (40, 20, 62, 42)):
        expected[top:bottom, left:right] = True
        expected[top + 2 : bottom - 2, left + 2 : right - 2] = False
    np.testing.assert_array_equal(outlined.any(axis=2), expected)
    assert not picture.any()


def test_panels_stand_side_by_side() -> None:
    panels = [np.full((5, width, 3), grey, np.uint8) for width, grey in ((4, 1), (6, 2), (3, 3))]
    picture = comparison_picture(panels)
    gutter = (picture.shape[1] - 13) // 2
    assert gutter > 0
    assert picture.shape == (5, 13 + 2 * gutter, 3)
    greys = [1] * 4 + [255] * gutter + [2] * 6 + [255] * gutter + [3] * 3
    np.testing.assert_array_equal(picture[2, :, 0], greys)


def test_white_planes_are_white() -> None:
    y, chroma = np.full((3, 5), 235, np.uint8), np.full((2, 3), 128, np.uint8)
    assert (to_rgb((y, chroma, chroma), Colour("bt709", False)) == 255).all()


def test_a_trace_has_a_column_for_each_coded_frame(tmp_path: Path) -> None:
    pictures = (moving_picture(i, 64, 48) for i in range(5))
    path = encode(tmp_path / "clip.webm", pictures, options=QUICK)
    graph = ErrorGraph.from_video(path, grid=PatchGrid(2, 3))
    without = trace_picture(graph)
    anchors = np.zeros((5, 6), bool)
    anchors[3, 4] = True
    picture = trace_picture(graph, anchors)
    assert picture.dtype == np.uint8
    cell = picture.shape[1] // 5
    assert picture.shape == ((1 + 3 * (1 + 6)) * cell, 5 * cell, 3)
    assert without.shape == ((1 + 2 * (1 + 6)) * cell, 5 * cell, 3)
    small = picture[::cell, ::cell]
    yellow = (small == (255, 215, 0)).all(axis=2)
    assert yellow[0].tolist() == [True, False, False, False, False]  # the key frame's mark
    np.testing.assert_array_equal(yellow[-6:], anchors.T)
