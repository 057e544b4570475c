"""Streams that change their colour tags (docs/live-input.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import palantir
from palantir.cli import main
from palantir.enhance import SRFrame
from palantir.graph import ErrorGraph
from palantir.media import read_frames
from palantir.media.colour import Colour
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.codec.frame_header import as_intra_only
from tests.codec.streams import frames_of, stream
from tests.live_input.faulty import PLAIN, retagged, write_ivf

CHANGED = (
    retagged(PLAIN[0], 1, False),
    *PLAIN[1:],
    retagged(PLAIN[0], 2, True),
    *PLAIN[1:],
)  # the second GoP is BT.709, full range


def test_the_tags_of_the_last_key_frame_hold() -> None:
    frames = frames_of(CHANGED)
    tags = [(frame.color_space, frame.full_range) for frame in frames]
    assert tags == [(1, False)] * 6 + [(2, True)] * 6


def test_an_intra_only_frame_changes_no_tags() -> None:
    """In profile 0 it carries none, and libvpx reports limited BT.601 from then on."""
    intra_only = as_intra_only(stream("sub-8x8")[0], refresh=0b110)
    frames = frames_of((retagged(PLAIN[0], 2, True), intra_only, *PLAIN[1:3]))
    assert [frame.intra_only for frame in frames] == [False, True, False, False]
    assert [(frame.color_space, frame.full_range) for frame in frames] == [(2, True)] * 4
    alone = frames_of((intra_only,))[0]
    assert (alone.color_space, alone.full_range) == (1, False)


@pytest.mark.parametrize("full_range_first", [False, True])
def test_each_frame_is_enhanced_in_its_own_colour(tmp_path: Path, full_range_first: bool) -> None:
    """Whichever comes first: the container's tags are those of the first frame."""
    packets = CHANGED[6:] + CHANGED[:6] if full_range_first else CHANGED
    wanted = [Colour("bt601", False)] * 6 + [Colour("bt709", True)] * 6
    clip = write_ivf(tmp_path / "clip.ivf", packets)
    graph = ErrorGraph.from_video(clip)
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    shown = [frame.colour for frame in palantir.enhance(clip, profile)]
    assert shown == (wanted[::-1] if full_range_first else wanted)


BARS = {
    Colour("bt601", False): ((16, 128, 128), (235, 128, 128), (81, 90, 240), (41, 240, 110)),
    Colour("bt709", False): ((16, 128, 128), (235, 128, 128), (63, 102, 240), (32, 240, 118)),
    Colour("bt601", True): ((0, 128, 128), (255, 128, 128), (76, 85, 255), (29, 255, 107)),
    Colour("bt709", True): ((0, 128, 128), (255, 128, 128), (54, 99, 255), (18, 255, 116)),
}  # black, white, red and blue of 100 % colour bars


@pytest.mark.parametrize("target", BARS, ids=str)
@pytest.mark.parametrize("source", BARS, ids=str)
def test_a_frame_can_be_had_in_another_colour(source: Colour, target: Colour) -> None:
    for have, wanted in zip(BARS[source], BARS[target], strict=True):
        y, u, v = (
            np.full(shape, value, np.uint8)
            for shape, value in zip(((6, 8), (3, 4), (3, 4)), have, strict=True)
        )
        frame = SRFrame((y, u, v), 0, 0, 0, 0, source)
        for plane, value in zip(frame.planes_in(target), wanted, strict=True):
            assert plane.dtype == np.uint8
            np.testing.assert_allclose(plane, float(value), atol=2)
        if source == target:
            assert frame.planes_in(target)[0] is y


def test_the_command_writes_one_colour(tmp_path: Path) -> None:
    clip, target = write_ivf(tmp_path / "clip.ivf", CHANGED), tmp_path / "sr.y4m"
    for command in (["schedule", str(clip)], ["enhance", str(clip), "-o", str(target)]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert not ended.value.code
    # Both GoPs hold the same samples; as full range they are darker, so they come out differently.
    pictures = list(read_frames(target))
    difference = pictures[6][0].astype(float) - pictures[0][0]
    assert 1 < np.abs(difference).mean() < 16
