"""SSIM is measured where it is asked for, as `palantir quality` does, and once."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from palantir.cli import main
from palantir.errors import MediaError
from palantir.evaluate import Variant, compare_variants
from tests.enhance.networks import convolutions
from tests.enhance.streams import QUICK, encode, moving_picture

SCALE, FRAMES = 3, 4
WIDTH, HEIGHT = 158, 131  # SR is 156x126


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 10-bit clip of odd height whose sides are no multiples of the scale, and a network."""
    folder = tmp_path_factory.mktemp("ssim")
    convolutions(folder, SCALE, 1, value_range="limited").path.rename(folder / "net.onnx")
    with av.open(str(folder / "hr.mkv"), "w") as output:
        video = output.add_stream("ffv1", rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p10le"
        for index in range(FRAMES):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p10le")
            for plane, samples in zip(
                frame.planes, moving_picture(index, WIDTH, HEIGHT), strict=True
            ):
                rows = np.zeros((plane.height, plane.line_size // 2), "<u2")
                rows[:, : plane.width] = 4 * samples.astype(np.uint16) + index % 4
                plane.update(rows.tobytes())
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    return folder


def palantir(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """What the command prints as JSON."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments), "--json"])
    assert ended.value.code == 0
    return json.loads(capsys.readouterr().out)


def evaluated(
    capsys: pytest.CaptureFixture[str], folder: Path, to: Path, *options: str
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = palantir(
        capsys, "evaluate", folder / "hr.mkv", "-o", to, "--network", folder / "net.onnx",
        "--selector", "gain-per-cost", "--budget", "1/4", *options,
    )  # fmt: skip
    return found


def test_ssim_is_that_of_the_enhanced_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evaluated(capsys, folder, tmp_path, "--ssim")
    (lr,) = (tmp_path / "lr").iterdir()
    sr, profile, network = tmp_path / "sr.y4m", tmp_path / "a.pcp", folder / "net.onnx"

    def quality(*schedule: object) -> Any:
        palantir(capsys, "schedule", lr, *schedule, "-o", profile)
        palantir(capsys, "enhance", lr, "--profile", profile, "--model", network, "-o", sr)
        return palantir(capsys, "quality", folder / "hr.mkv", sr, "--crop")

    with_budget = quality("--budget", "25%", "--model", network)
    whole = quality("--budget", "100%", "--by", "area", "--selector", "key-uniform")
    by_method = {one["method"]: one for one in found}
    for one, true in ((by_method["gain-per-cost"], with_budget), (by_method["all"], whole)):
        assert one["ssim"] == pytest.approx(true["ssim"], abs=1e-6)
        assert one["psnr_y"] == pytest.approx(true["psnr_y"], abs=1e-5)
    assert len({round(one["ssim"], 6) for one in found}) >= 5  # plain ones, no, few and all patches
    with (tmp_path / "results.csv").open() as file:
        assert [float(row["ssim"]) for row in csv.DictReader(file)] == [x["ssim"] for x in found]
    assert "SSIM of luma" in (tmp_path / "summary.md").read_text()


def test_what_was_kept_without_ssim_is_measured_again_and_serves_both(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "measured.jsonl"
    without = evaluated(capsys, folder, tmp_path)
    assert {one["ssim"] for one in without} == {None}
    assert "SSIM" not in (tmp_path / "summary.md").read_text()
    lines = kept.read_text().splitlines()

    found = evaluated(capsys, folder, tmp_path, "--ssim")
    assert all(0 < one["ssim"] < 1 for one in found)
    assert [one | {"ssim": None} for one in found] == without
    assert len(kept.read_text().splitlines()) == 2 * len(lines)

    measured = kept.read_bytes()
    assert evaluated(capsys, folder, tmp_path, "--ssim") == found
    assert evaluated(capsys, folder, tmp_path) == without
    assert kept.read_bytes() == measured


def test_frames_smaller_than_the_window_are_refused(tmp_path: Path) -> None:
    def pictures(scale: int) -> Iterator[Any]:
        return (moving_picture(i, 16 * scale, 10 * scale) for i in range(2))

    lr, plain = (
        encode(tmp_path / "lr.webm", pictures(1), options=QUICK),
        [Variant("plain", "sharp")],
    )
    assert len(compare_variants(lr, pictures(2), plain, scale=2, with_ssim=True)[0].ssim) == 2
    assert not compare_variants(lr, pictures(1), plain, scale=1)[0].ssim
    with pytest.raises(MediaError, match=r"lr\.webm: frame 0: SSIM needs 11x11 .* is 16x10"):
        compare_variants(lr, pictures(1), plain, scale=1, with_ssim=True)
