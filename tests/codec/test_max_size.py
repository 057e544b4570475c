"""The size limit as every door of Python and the command line takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import palantir
from palantir.cli import main
from palantir.codec import Decoder, decode, decode_packets
from palantir.errors import BitstreamError
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.codec.streams import encode

WORDS = "packet 0 after 0 coded frames: .*101x67 beyond the limit of 100x67"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("clip") / "clip.ivf", "resilient")


def test_larger_frames_are_refused_by_all_that_decodes(clip: Path) -> None:
    graph = ErrorGraph.from_video(clip, max_size=(101, 67))
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    assert len(list(palantir.enhance(clip, profile, max_size=(101, 67)))) == 6
    small = (100, 67)
    for use in (
        lambda: list(decode(clip, max_size=small)),
        lambda: list(decode_packets(clip, max_size=small)),
        lambda: [ErrorGraph.from_video(clip, max_size=small)],
        lambda: list(palantir.enhance(clip, profile, max_size=small)),
    ):
        with pytest.raises(BitstreamError, match=WORDS):
            use()


@pytest.mark.parametrize(
    "size", [(0, 5), (5,), (5, 65537), (1.5, 2), (-1, -1), (1, 2, 3), 5, (True, 5), "55"]
)
def test_senseless_limits_are_refused(size: Any) -> None:
    with pytest.raises(ValueError, match="max_size is"):
        Decoder(max_size=size)


@pytest.mark.parametrize("live", [[], ["--live"]])
def test_the_commands_take_a_limit(
    clip: Path, tmp_path: Path, live: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    profile, video = tmp_path / "a.pcp", tmp_path / "a.y4m"
    schedule = ["schedule", str(clip), "-o", str(profile), *live]
    enhance = ["enhance", str(clip), "--profile", str(profile), "-o", str(video)]
    for command, made in ((schedule, profile), (enhance, video)):
        assert run([*command, "--max-size", "100x67"]) == 1
        assert "101x67 beyond the limit of 100x67" in capsys.readouterr().err
        assert not made.exists()
        assert run([*command, "--max-size", "101x67"]) == 0
    for wrong in ("0x5", "5", "5x", "axb", "100000x5", "70000x5", "5x65537"):
        assert run([*schedule, "--max-size", wrong]) == 2


def run(command: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(command)
    return int(ended.value.code or 0)
