"""On the graphs of real clips both exact selectors pick the same patches in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir.graph import ErrorGraph
from palantir.media import encode_lr
from palantir.schedule import select
from tests.data_folder import CLIPS, needs_data

FRAMES = 45


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("clip", CLIPS, ids=lambda path: path.stem)
def test_exact_selectors_agree_on_real_clips(clip: Path, tmp_path: Path) -> None:
    lr = tmp_path / "lr.webm"
    encode_lr(clip, lr, scale=4, frames=FRAMES)
    graph = ErrorGraph.from_video(lr)

    native = select(graph, 0.05, "adjoint")
    reference = select(graph, 0.05, "sequential")

    assert native.order.tolist() == reference.order.tolist()
    np.testing.assert_allclose(native.gain, reference.gain, rtol=1e-6)
    np.testing.assert_allclose(native.total, reference.total, rtol=1e-9)
