"""Confidence: how far a reference is believed to show what the frame shows."""

from __future__ import annotations

import numpy as np
import pytest

from palantir import _core
from palantir.codec import CodedFrame
from tests.enhance.numpy_detail import confidence


@pytest.mark.parametrize("fade", [0.5, 8.0, 16.3, 1e9])
def test_equals_numpy(rich_frames: list[CodedFrame], fade: float) -> None:
    for frame in rich_frames[:8]:
        native = _core.confidence(frame.native, fade)
        assert native.dtype == np.uint16
        np.testing.assert_array_equal(native, confidence(frame, fade))


def test_intra_pictures_have_none(rich_frames: list[CodedFrame]) -> None:
    assert not _core.confidence(rich_frames[0].native, 8.0).any()


def test_it_is_full_where_the_prediction_came_true(rich_frames: list[CodedFrame]) -> None:
    frame = rich_frames[3]
    trust = _core.confidence(frame.native, 1e9)  # every miss is forgiven, intra is not
    reused = np.ones(trust.shape, bool)
    for block in frame.blocks[frame.blocks["inter"] == 0]:
        x, y, width, height = (int(block[key]) // 2 for key in ("x", "y", "width", "height"))
        reused[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1] = False
    assert reused.any()
    assert not reused.all()
    assert (trust[reused] == 256).all()
    assert trust.max() == 256


def test_it_falls_as_the_fade_shortens(rich_frames: list[CodedFrame]) -> None:
    for frame in rich_frames[1:4]:
        strict, lenient = (_core.confidence(frame.native, fade) for fade in (2.0, 20.0))
        assert (strict <= lenient).all()
        assert strict.sum() < lenient.sum()
