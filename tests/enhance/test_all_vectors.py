"""The whole path, stream to SR frames, over the conformance vectors.

A few in every run; all with PALANTIR_EXHAUSTIVE=1.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import palantir
from palantir.codec import decode
from palantir.errors import UnsupportedError
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.data_folder import VARIED, VECTORS, needs_data, vector
from tests.models import small_networks

SCALE, ANCHORS = 2, 3
CHOSEN = VECTORS if os.environ.get("PALANTIR_EXHAUSTIVE") == "1" else VARIED


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", CHOSEN)
def test_every_displayed_frame_is_enhanced_at_its_size_or_refused(
    name: str, tmp_path: Path
) -> None:
    """Refused where the stream is not 8-bit 4:2:0, and in no other case."""
    path = vector(name)
    displayed = len(vector(f"{name}.md5").read_text().splitlines())
    frame = next(iter(decode(path)))
    graph = ErrorGraph.from_video(path)
    profile = CacheProfile.from_selection(graph, select(graph, ANCHORS))
    (tmp_path / "small.onnx").write_bytes(small_networks.stack(scale=SCALE))
    frames = palantir.enhance(path, profile, tmp_path / "small.onnx")
    if (frame.bit_depth, frame.subsampling) != (8, (1, 1)):
        with pytest.raises(UnsupportedError, match="takes 8-bit 4:2:0"):
            list(frames)
        return
    sizes = [(shown.width, shown.height) for shown in frames]
    assert len(sizes) == displayed
    coded = zip(graph.frames.width.tolist(), graph.frames.height.tolist(), strict=True)
    assert set(sizes) <= {(SCALE * width, SCALE * height) for width, height in coded}
