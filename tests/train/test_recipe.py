"""From clips to a file, the shipped recipe, and videos filmed from photographs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from palantir.errors import MediaError, ModelError  # noqa: E402
from palantir.media import Planes, encode_lr, read_frames  # noqa: E402
from palantir.models import Quantized, SRNetwork, quantize, shipped_model  # noqa: E402
from palantir.train import dataset, shipped  # noqa: E402
from palantir.train.camera import film_photograph  # noqa: E402
from palantir.train.dataset import HOLDOUT, ClipPair, Source, make_pair  # noqa: E402
from palantir.train.filter_sums import FilterSums  # noqa: E402
from palantir.train.filters import EVERY  # noqa: E402
from palantir.train.fit import FitSettings, Progress, check_checkpoint  # noqa: E402
from palantir.train.recipe import Recipe, train  # noqa: E402
from tests.media.clips import make_clip  # noqa: E402

SETTINGS = FitSettings(steps=2, batch=2, patch=16, threads=1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 frames of 256x192."""
    folder = tmp_path_factory.mktemp("clip")
    return make_clip(folder / "hr.mp4", codec="libx264", times=range(0, 480, 40), size=(256, 192))


def recipe_of(clip: Path, **changes: object) -> Recipe:
    return replace(Recipe((Source(clip),), SETTINGS, network="m4c16"), **changes)  # type: ignore[arg-type]


def test_validation_frames_are_the_last_ones_and_the_file_says_so(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(
        network: object, training: list[ClipPair], held_out: list[ClipPair], *_: object
    ) -> int:
        seen.extend(pair.numbers for pair in (*training, *held_out))
        return 7

    monkeypatch.setattr("palantir.train.recipe.fit", look)
    recipe = recipe_of(clip, sources=(Source(clip, 2, 10, "CC0"),), scale=2)
    done = train(recipe, tmp_path / "net.onnx")
    assert HOLDOUT == 6
    assert seen == ["hr.mp4 frames 2..4", "hr.mp4 frames 5..10"]
    notes = SRNetwork.load(tmp_path / "net.onnx").describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["training.sources"] == "hr.mp4 frames 2..4 (CC0)"
    assert notes["training.validation"].startswith("hr.mp4 frames 5..10: bicubic ")
    assert "VP9 at 1/2 size, 1, 0.6, 2, 4 times" in notes["training.degradation"]
    assert notes["training.settings"].startswith("7 steps")
    assert done.clips[0].plain == done.clips[0].network  # untrained: bicubic
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_an_rgb_network_is_fitted(clip: Path, tmp_path: Path) -> None:
    recipe = recipe_of(clip, network="nas", tail="transposed", rates=(1.0,))
    done = train(recipe, tmp_path / "net.onnx")
    network = SRNetwork.load(tmp_path / "net.onnx")
    assert (network.colour, network.output) == ("rgb", "picture")
    assert done.clips[0].network > 20


def test_a_network_made_8_bit_is_measured_as_such(clip: Path, tmp_path: Path) -> None:
    recipe = recipe_of(clip, init=shipped_model(), network="m6c32", rates=(1.0,))
    (mine := tmp_path / "net8.onnx.float.onnx").write_bytes(b"mine")
    plain = train(recipe, tmp_path / "net.onnx")
    eight = train(replace(recipe, int8=True), tmp_path / "net8.onnx")
    notes = SRNetwork.load(tmp_path / "net8.onnx").describe()["notes"]
    assert isinstance(notes, dict)
    assert "training frames" in notes["quantised.calibration"]
    assert "hr.mp4 frames 0..5" in notes["training.sources"]
    assert "detail-x4.onnx (SHA-256" in notes["training.settings"]
    assert eight.clips[0].network != plain.clips[0].network
    assert eight.clips[0].network == pytest.approx(plain.clips[0].network, abs=0.05)
    assert mine.read_bytes() == b"mine"
    assert set(tmp_path.iterdir()) == {mine, tmp_path / "net.onnx", tmp_path / "net8.onnx"}


@pytest.mark.parametrize("network", ["m4c16", "nas"])
@pytest.mark.parametrize("int8", [False, True])
def test_a_network_carries_filters_that_help(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str, int8: bool
) -> None:
    monkeypatch.setattr("palantir.train.filters.gain", lambda bank, pair: 0.5)
    recipe = recipe_of(clip, rates=(1.0,), network=network, int8=int8)
    assert train(recipe, tmp_path / "net.onnx").filters == 0.5
    loaded = SRNetwork.load(tmp_path / "net.onnx")
    assert loaded.filters is not None
    luma = make_pair(Source(clip), 4, (1.0,), tmp_path / "cache")
    sums = FilterSums(4)
    for index in range(0, 12 - HOLDOUT, EVERY):
        sums.add(luma.lr[0, index, 0], luma.hr[index, 0])
    np.testing.assert_array_equal(loaded.filters.weights, sums.solve().weights)
    notes = loaded.describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["training.filters"].startswith("+0.500 dB over the plain upscaler on the frames")
    assert "palantir.filters" not in notes


@pytest.mark.parametrize("network", ["m4c16", "nas"])
def test_pictures_are_read_once_and_before_the_network_is_fitted(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    done: list[str] = []

    def reading(path: Path) -> Iterator[Planes]:
        done.append(path.suffix)
        return read_frames(path)

    def fitting(*_: object) -> int:
        done.append("fit")
        return 1

    monkeypatch.setattr(dataset, "read_frames", reading)
    monkeypatch.setattr("palantir.train.recipe.fit", fitting)
    train(recipe_of(clip, rates=(1.0,), network=network), tmp_path / "net.onnx")
    assert done == [".mp4", ".webm", "fit"]


def test_filters_that_lose_are_not_kept(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.train.filters.gain", lambda bank, pair: -0.5)
    assert train(recipe_of(clip, rates=(1.0,)), tmp_path / "net.onnx").filters is None
    loaded = SRNetwork.load(tmp_path / "net.onnx")
    assert loaded.filters is None
    notes = loaded.describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["training.filters"].startswith("none kept: -0.500 dB over the plain upscaler")


def test_filters_can_be_left_out(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.train.filters.gain", lambda bank, pair: 0.5)
    recipe = recipe_of(clip, rates=(1.0,), filters=False)
    assert train(recipe, tmp_path / "net.onnx").filters is None
    loaded = SRNetwork.load(tmp_path / "net.onnx")
    assert loaded.filters is None
    assert "training.filters" not in str(loaded.describe()["notes"])


def test_an_lr_that_ends_too_early_is_named(clip: Path, tmp_path: Path) -> None:
    encode_lr(clip, lr := tmp_path / "lr.webm", 4, frames=5)
    with pytest.raises(MediaError, match=r"lr\.webm: has no frames 2\.\., only 3 of them"):
        make_pair(Source(clip, 2, lr=lr), 4, (1.0,), tmp_path / "cache")


def test_a_given_lr_is_read_in_place_of_a_made_one(clip: Path, tmp_path: Path) -> None:
    lr = tmp_path / "lr.webm"
    encode_lr(clip, lr, 4)
    pair = make_pair(Source(clip, 3, 9, lr=lr), 4, (1.0, 2.0), tmp_path / "cache")
    planes = [planes[0] for planes in read_frames(lr)]
    np.testing.assert_array_equal(pair.lr[:, :, 0], [planes[3:10]])
    assert pair.hr.shape == (7, 1, 192, 256)
    assert not (tmp_path / "cache").exists()
    for scale in (2, 3):
        with pytest.raises(MediaError, match=f"64x48, which is not 1/{scale} of hr.mp4's 256x192"):
            make_pair(Source(clip, lr=lr), scale, (1.0,), tmp_path / "cache")


def test_rgb_pairs_are_what_the_enhancer_gives_a_network(clip: Path, tmp_path: Path) -> None:
    from palantir.enhance.colour import to_rgb
    from palantir.media import probe

    assert probe(clip).colour.matrix == "bt601"  # as it is untagged and small
    pair = make_pair(Source(clip, 0, 1), 4, (1.0,), tmp_path / "cache", "rgb")
    (coded,) = (tmp_path / "cache").iterdir()
    assert probe(coded).colour.matrix == "bt709"
    for path, picture in ((clip, pair.hr[0]), (coded, pair.lr[0, 0])):
        rgb = to_rgb(next(iter(read_frames(path))), probe(coded).colour)
        np.testing.assert_array_equal(picture, rgb.transpose(2, 0, 1))
    assert pair.lr.shape == (1, 2, 3, 48, 64)


def test_an_interrupted_recipe_goes_on_and_another_is_refused(clip: Path, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.step == 2:
            raise KeyboardInterrupt

    recipe = recipe_of(clip, settings=replace(SETTINGS, steps=3), rates=(1.0,))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "net.onnx", interrupt)
    assert not (tmp_path / "net.onnx").exists()
    with pytest.raises(ModelError, match="not a checkpoint of this run"):
        train(replace(recipe, scale=2), tmp_path / "net.onnx")
    checkpoint = tmp_path / "net.onnx.checkpoint"
    with pytest.raises(ModelError, match="not a checkpoint of this run"):
        check_checkpoint(checkpoint, replace(recipe, init=shipped_model()).identity)
    check_checkpoint(checkpoint, recipe.identity)
    reports: list[Progress] = []
    assert train(recipe, tmp_path / "net.onnx", reports.append).steps == 3
    assert [report.step for report in reports] == [2, 3]  # the first step was kept


def test_an_int8_run_goes_on_with_rounding_in_the_loop(clip: Path, tmp_path: Path) -> None:
    heard: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        heard.append(progress)
        if progress.share > 0.9:
            raise KeyboardInterrupt

    settings = replace(SETTINGS, steps=40, patience=1)
    recipe = recipe_of(clip, settings=settings, rates=(1.0,), int8=True)
    whole = train(recipe, tmp_path / "whole.onnx")
    assert whole.steps == 40
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "net.onnx", interrupt)
    assert [one.share for one in heard] == sorted(one.share for one in heard)
    assert max(one.step for one in heard[:-1]) == 34  # then with rounding in the loop
    checkpoint = tmp_path / "net.onnx.int8.checkpoint"
    assert checkpoint.exists()
    assert not (tmp_path / "net.onnx").exists()
    again: list[Progress] = []
    assert train(recipe, tmp_path / "net.onnx", again.append).steps == 40
    assert again[0].share > 0.85  # the first part was kept
    assert {path.name for path in tmp_path.iterdir()} == {"net.onnx", "whole.onnx"}
    resumed, uninterrupted = (
        SRNetwork.load(tmp_path / name) for name in ("net.onnx", "whole.onnx")
    )
    luma = np.random.default_rng(3).random((1, 1, 24, 24), np.float32)
    np.testing.assert_array_equal(resumed.run(luma), uninterrupted.run(luma))
    notes = resumed.describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["training.finishing"] == "6 steps with the rounding of 8 bits in the loop"


def interrupted_in_rounding(recipe: Recipe, output: Path) -> Path:
    def interrupt(progress: Progress) -> None:
        if progress.share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, output, interrupt)
    checkpoint = output.with_name("net.onnx.int8.checkpoint")
    assert checkpoint.exists()
    return checkpoint


def test_rounding_is_fitted_anew_where_the_run_before_it_became_longer(
    clip: Path, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, steps=40, patience=1)
    recipe = recipe_of(clip, settings=settings, rates=(1.0,), int8=True)
    interrupted_in_rounding(recipe, tmp_path / "net.onnx")
    longer = replace(recipe, settings=replace(settings, steps=80))
    assert train(longer, tmp_path / "net.onnx").steps == 80
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_a_run_that_becomes_a_float_one_leaves_nothing_behind(clip: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=40, patience=1)
    recipe = recipe_of(clip, settings=settings, rates=(1.0,), int8=True)
    interrupted_in_rounding(recipe, tmp_path / "net.onnx")
    train(replace(recipe, int8=False), tmp_path / "net.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("int8", [False, True])
def test_what_is_not_ours_is_refused_and_kept(clip: Path, tmp_path: Path, int8: bool) -> None:
    checkpoint = tmp_path / "net.onnx.int8.checkpoint"
    checkpoint.write_bytes(b"mine")
    with pytest.raises(ModelError, match=r"net\.onnx\.int8\.checkpoint: not a checkpoint of this"):
        train(recipe_of(clip, int8=int8), tmp_path / "net.onnx")
    assert checkpoint.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_an_int8_network_that_is_there_is_not_lost_for_a_finer_one(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def only_coarse(*words: Any, fidelity: float, **others: Any) -> Quantized:
        asked.append(fidelity)
        if fidelity > 20:
            raise ModelError("no convolution can be 8-bit at this fidelity")
        return quantize(*words, fidelity=fidelity, **others)

    monkeypatch.setattr("palantir.train.recipe.quantize", only_coarse)
    monkeypatch.setattr("palantir.train.recipe.ROUNDING_COSTS", -9.0)
    done = train(recipe_of(clip, rates=(1.0,), int8=True), tmp_path / "net.onnx")
    assert asked[0] == 20 < asked[1]
    assert done.clips[0].network > 20
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_a_checkpoint_is_looked_at_before_the_work(clip: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "net.onnx.checkpoint"
    checkpoint.mkdir()
    with pytest.raises(ModelError, match="not a checkpoint of this run"):
        train(recipe_of(clip), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == [checkpoint]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no such link here")
def test_a_checkpoint_needs_a_place_before_the_work(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output is a link to a good place, in a folder where nothing can be made."""

    def work(*_: object) -> None:
        raise AssertionError("work has begun")

    monkeypatch.setattr("palantir.train.recipe.make_pair", work)
    with (tmp_path / "net.onnx").open("wb") as file:
        output = Path(f"/proc/self/fd/{file.fileno()}")
        with pytest.raises(OSError, match=r"\.checkpoint"):
            train(recipe_of(clip), output)


def test_another_run_has_another_identity(clip: Path, tmp_path: Path) -> None:
    lr, init = tmp_path / "lr.webm", tmp_path / "init.onnx"
    encode_lr(clip, lr, 4)
    init.write_bytes(b"some weights")
    recipe = recipe_of(clip, sources=(Source(clip, lr=lr),), init=init)
    before = recipe.identity
    assert replace(recipe, settings=replace(SETTINGS, steps=9)).identity == before
    init.write_bytes(b"others")
    other = recipe.identity
    os.utime(lr, ns=(0, 0))
    assert len({before, other, recipe.identity}) == 3


def test_clips_that_do_not_suffice_are_named(clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "net.onnx"
    with pytest.raises(MediaError, match=r"no\.mp4"):
        train(recipe_of(tmp_path / "no.mp4"), output)
    with pytest.raises(MediaError, match=r"hr\.mp4: has no frames 0\.\.99, only 12 of them"):
        train(recipe_of(clip, sources=(Source(clip, 0, 99),)), output)
    with pytest.raises(MediaError, match="has 6 frames; more than 6 are needed"):
        train(recipe_of(clip, sources=(Source(clip, 0, 5),)), output)
    with pytest.raises(MediaError, match="LR is 64x48, patches are 49x49"):
        train(recipe_of(clip, settings=replace(SETTINGS, patch=49)), output)
    with pytest.raises(OSError, match="No such file"):
        train(recipe_of(clip), tmp_path / "nowhere" / "net.onnx")
    assert not output.exists()


def test_a_folder_of_that_name_keeps_what_is_not_ours(clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "net.onnx.clips" / "mine.webm"
    kept.parent.mkdir()
    kept.touch()
    train(recipe_of(clip, rates=(1.0,)), tmp_path / "net.onnx")
    assert list(kept.parent.iterdir()) == [kept]


def test_clips_beyond_memory_are_refused(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "LIMIT", 3 * 256 * 192)
    with pytest.raises(MediaError, match=r"after 4 frames; take fewer"):
        make_pair(Source(clip), 4, (1.0,), tmp_path)


def test_weights_beyond_the_limit_are_refused_unread(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.models.network.MAX_BYTES", 99)
    with pytest.raises(ModelError, match=r"onnx: \d+ bytes; models up to 99 are read"):
        train(recipe_of(clip, init=shipped_model()), tmp_path / "net.onnx")


def test_a_photograph_becomes_a_video_in_which_everything_moves(tmp_path: Path) -> None:
    photograph = make_clip(
        tmp_path / "photo.mp4", codec="libx264", times=range(0, 40, 40), size=(128, 96)
    )
    film_photograph(photograph, tmp_path / "film.mp4", size=(64, 48), frames=3, canvas=128)
    pictures = [planes[0] for planes in read_frames(tmp_path / "film.mp4")]
    assert [picture.shape for picture in pictures] == [(48, 64)] * 3
    assert (pictures[0] != pictures[1]).mean() > 0.3


def test_the_camera_does_not_look_past_the_photographs_edges(tmp_path: Path) -> None:
    white = av.VideoFrame.from_ndarray(np.full((96, 128), 235, np.uint8), "gray")
    with av.open(str(tmp_path / "white.png"), "w", format="image2") as container:
        stream = container.add_stream("png", width=128, height=96, pix_fmt="gray")
        container.mux([*stream.encode(white), *stream.encode()])
    film_photograph(tmp_path / "white.png", tmp_path / "film.mp4", (96, 72), frames=4, canvas=128)
    for luma, *_ in read_frames(tmp_path / "film.mp4"):
        assert luma.min() > 200  # what lies past them would be black


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
    assert shipped.shipped_recipe(tmp_path).init is None
    recipe = shipped.shipped_recipe(tmp_path, 2, minutes=3, threads=1)
    assert [source.frames for source in recipe.sources] == [66, 60]
    assert (recipe.scale, recipe.init, recipe.settings.minutes) == (2, shipped_model(4), 3)
    assert recipe.sources[1].licence.endswith("CC0-1.0")


def test_the_shipped_recipe_is_made_for_a_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []

    def refuse(*recipe: object) -> None:
        asked.append(recipe)
        raise MediaError("no clip")

    monkeypatch.setattr(shipped, "shipped_recipe", refuse)
    for words in ((), ("--scale", "2")):
        told = CliRunner().invoke(shipped._main, [str(tmp_path), "-o", "net.onnx", *words])
        assert told.exit_code == 1
    assert asked == [(tmp_path, 4, None, 2), (tmp_path, 2, None, 2)]
