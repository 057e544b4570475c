"""4:2:0 pictures as FFmpeg frames and back, with and without copying."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from palantir.media.pictures import Planes, plane_shapes, to_frame, to_planes


def picture(width: int, height: int, *, apart: bool = False) -> Planes:
    """Noise; the planes one after another in one read-only buffer, or each in its own."""
    shapes = plane_shapes(width, height)
    sizes = [rows * columns for rows, columns in shapes]
    noise = np.random.default_rng(width).integers(0, 256, sum(sizes), np.uint8)
    noise.setflags(write=False)
    parts = np.split(noise, np.cumsum(sizes[:-1]))
    y, u, v = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    return (y.copy(), u.copy(), v.copy()) if apart else (y, u, v)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("width", "height"), [(64, 32), (66, 36), (64, 34), (65, 32), (7, 5)])
def test_samples_survive(width: int, height: int, apart: bool) -> None:
    planes = picture(width, height, apart=apart)
    frame = to_frame(planes)
    assert (frame.width, frame.height) == (width, height)
    for one, other in zip(to_planes(frame), planes, strict=True):
        np.testing.assert_array_equal(one, other)


def test_adjacent_planes_are_not_copied() -> None:
    planes = picture(64, 32)
    assert [plane.buffer_ptr for plane in to_frame(planes).planes] == [
        plane.ctypes.data for plane in planes
    ]


def test_planes_of_rows_apart_are_copied() -> None:
    wide = picture(64, 32)
    left: Planes = tuple(plane[:, : plane.shape[1] // 2] for plane in wide)  # type: ignore[assignment]
    frame = to_frame(left)
    for one, other in zip(to_planes(frame), left, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frame_keeps_its_memory() -> None:
    planes = picture(64, 32)
    expected = [plane.copy() for plane in planes]
    alive = weakref.ref(planes[0].base)
    frame = to_frame(planes)
    del planes
    gc.collect()
    assert alive() is not None
    for one, other in zip(to_planes(frame), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    del frame
    gc.collect()
    assert alive() is None
