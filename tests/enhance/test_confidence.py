"""Confidence: how far detail is believed to fit what the frame shows."""

from __future__ import annotations

import numpy as np

from palantir.codec import CodedFrame
from palantir.tiles import Tile
from tests.enhance.detail_chain import Chain
from tests.enhance.numpy_detail import MOVED
from tests.enhance.numpy_reuse import Integers


def carried(frames: list[CodedFrame], fade: float) -> list[Integers]:
    """Confidence in the first frame's detail in each later one."""
    chain, first = Chain(1, fade), frames[0]
    chain.follow(first, [Tile(0, 0, first.width, first.height)], [])
    for frame in frames[1:]:
        chain.follow(frame, [], frame.references)
    return [chain.maps[frame.index].confidence for frame in frames[1:]]


def test_it_falls_as_the_fade_shortens(rich_frames: list[CodedFrame]) -> None:
    strict, lenient = (carried(rich_frames[:3], fade)[0] for fade in (0.5, 20.0))
    assert (strict <= lenient).all()
    assert strict.sum() < lenient.sum()


def test_with_an_endless_fade_only_places_without_detail_lower_it(
    rich_frames: list[CodedFrame],
) -> None:
    for confidence in carried(rich_frames[:4], 1e9):
        dead = np.pad(confidence == 0, 1, mode="edge")
        height, width = confidence.shape
        windows = [dead[j : j + height, i : i + width] for j in range(3) for i in range(3)]
        sure = ~np.any(windows, axis=0)
        assert (confidence[sure] == MOVED).all()
        assert sure.mean() > 0.1
