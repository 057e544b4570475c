"""The command that trains, the shipped recipe, and videos filmed from photographs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from click.testing import CliRunner  # noqa: E402

from palantir.errors import MediaError  # noqa: E402
from palantir.media import read_frames  # noqa: E402
from palantir.models import SRNetwork  # noqa: E402
from palantir.train import shipped  # noqa: E402
from palantir.train.__main__ import main  # noqa: E402
from palantir.train.camera import film_photograph  # noqa: E402
from tests.media.clips import make_clip  # noqa: E402


def test_the_command_fits_and_exports_a_network(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "hr.mp4", codec="libx264", times=range(0, 320, 40), size=(256, 192))
    words = ["--source", str(clip), "--steps", "2", "--scale", "2", "--threads", "1"]
    done = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "net.onnx")])
    assert done.exit_code == 0, done.output
    assert "hr.mp4: bicubic" in done.output
    network = SRNetwork.load(tmp_path / "net.onnx")
    assert network.scale == 2
    assert "VP9 at 1/2 size" in str(network.describe()["notes"])
    assert not (tmp_path / "net.onnx.checkpoint").exists()
    short = make_clip(tmp_path / "short.mp4", codec="libx264", times=range(0, 120, 40))
    failed = CliRunner().invoke(main, ["--source", str(short), "-o", str(tmp_path / "b.onnx")])
    assert failed.exit_code == 1
    assert "more than 6 are needed" in failed.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [([], "at least one clip"), (["--source", "a.mp4", "--minutes", "0"], "must be positive"),
     (["--source", "a.mp4", "--first", "5", "--last", "4"], "not before")],
)  # fmt: skip
def test_wrong_usage_is_refused(words: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, [*words, "-o", "x.onnx"])
    assert done.exit_code == 2
    assert reason in done.output


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    words = ["--source", str(tmp_path / "no.mp4"), "-o", str(tmp_path / "x.onnx")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "no.mp4" in done.output


def test_a_photograph_becomes_a_video_in_which_everything_moves(tmp_path: Path) -> None:
    photograph = make_clip(
        tmp_path / "photo.mp4", codec="libx264", times=range(0, 40, 40), size=(128, 96)
    )
    film_photograph(photograph, tmp_path / "film.mp4", size=(64, 48), frames=3, canvas=128)
    pictures = [planes[0] for planes in read_frames(tmp_path / "film.mp4")]
    assert [picture.shape for picture in pictures] == [(48, 64)] * 3
    assert (pictures[0] != pictures[1]).mean() > 0.3


def test_the_shipped_recipe_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MediaError, match="videos/get fetches it"):
        shipped.shipped_recipe(tmp_path)
    (tmp_path / shipped.BUNNY).touch()

    def refuse(command: list[str], **settings: object) -> None:
        raise subprocess.CalledProcessError(100, command)

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(MediaError, match=r"lomiri-wallpapers-16\.04 cannot be had"):
        shipped.shipped_recipe(tmp_path)
    (tmp_path / "seeding_720p25.mp4").touch()
    recipe = shipped.shipped_recipe(tmp_path)
    assert [source.frames for source in recipe.sources] == [66, 60]
    assert "CC0-1.0" in recipe.notes["training.sources"]
