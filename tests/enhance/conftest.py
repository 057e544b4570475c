"""Streams that several tests of this folder read, encoded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from palantir.codec import CodedFrame
from tests.enhance.streams import QUICK, coded_frames, encode, moving_picture


@pytest.fixture(scope="session")
def rich_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Odd-sized, with hidden alt-refs, compound prediction and sub-8x8 partitions."""
    path = tmp_path_factory.mktemp("clips") / "rich.webm"
    return encode(path, (moving_picture(i, 99, 71) for i in range(18)))


@pytest.fixture(scope="session")
def plain_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Even-sized, two GoPs, every packet one shown frame."""
    path = tmp_path_factory.mktemp("clips") / "plain.webm"
    return encode(path, (moving_picture(i, 96, 64) for i in range(8)), options=QUICK, gop=4)


@pytest.fixture(scope="session")
def rich_frames(rich_clip: Path) -> list[CodedFrame]:
    return coded_frames(rich_clip)


@pytest.fixture(scope="session")
def hidden_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small, with a hidden alt-ref among its 24 frames."""
    path = tmp_path_factory.mktemp("clips") / "hidden.webm"
    options = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "16", "auto-alt-ref": "1"}
    return encode(path, (moving_picture(i, 51, 39) for i in range(24)), options=options)
