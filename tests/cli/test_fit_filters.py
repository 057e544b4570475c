"""`palantir fit-filters`: what it writes, tells and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from palantir.models import SRNetwork, shipped_model
from palantir.train import filters
from palantir.train.dataset import Source, code_clip
from palantir.train.filters import FilterFit, FittedFilters
from tests.cli.outcome import Run
from tests.models.small_networks import helper, model, stack

Watch = Callable[[Path], Callable[[], None]]


@pytest.fixture
def winning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that win 0.25 dB, whatever the clip."""
    monkeypatch.setattr(filters, "gain", lambda bank, pair: 0.25)


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def fitted(source: Source, cache: Path) -> FittedFilters:
    fit, clip = FilterFit(2), code_clip(source, 2, (1.0,), cache)
    for frames in clip.frames():
        fit.add(*clip.luma(frames))
    fit.end_clip("hr.mp4")
    return fit.judged()


@pytest.mark.usefixtures("winning")
def test_the_network_comes_out_with_filters(run: Run, here: Path) -> None:
    words = ("fit-filters", "hr.mp4", "--model", shipped_model(2), "-o", "net.onnx")
    told = run(*words, "--last", "9", "--json").json
    assert (told["gain"], told["frames"]) == (0.25, ["hr.mp4 frames 4..9"])
    assert told["bytes"] == (here / "net.onnx").stat().st_size
    network = SRNetwork.load("net.onnx")
    assert network.filters is not None
    expected = fitted(Source(Path("hr.mp4"), 0, 9), here / "cache").bank.weights
    np.testing.assert_array_equal(network.filters.weights, expected)
    assert run(*words).out.startswith(
        "net.onnx: filters win +0.250 dB over the plain upscaler on hr.mp4 frames 6..11, not fitted"
    )
    shown = run("inspect", "net.onnx")
    assert "filters: yes" in shown.out
    assert "filters.fitted +0.250 dB over the plain upscaler on hr.mp4 frames 6..11" in shown.out
    assert len(shown.out) < 5000


def test_the_gain_told_is_that_of_the_last_frames(run: Run, here: Path) -> None:
    shown = run("fit-filters", "hr.mp4", "--model", shipped_model(2), "-o", "net.onnx")
    won = fitted(Source(Path("hr.mp4")), here / "cache").gain
    assert f"{won:+.3f} dB over the plain upscaler on" in shown.out + shown.err
    assert (here / "net.onnx").exists() == (shown.code == 0) == (won >= 0.02)


def test_filters_that_win_nothing_are_not_written(
    run: Run, here: Path, nothing_new: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "gain", lambda bank, pair: 0.019)
    untouched = nothing_new(here)
    told = run("fit-filters", "hr.mp4", "--model", shipped_model(), "-o", "net.onnx")
    told.complains("would win +0.019 dB", "less than 0.02 dB; nothing is written")
    untouched()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("missing.mp4",), "missing.mp4: cannot read: No such file"),
        (("text.webm",), "text.webm"),
        (("tone.webm",), "no video track"),
        (("hr.mp4", "missing.mp4"), "missing.mp4: cannot read"),
        (("hr.mp4", "--last", "99"), "has no frames 0..99, only 12 of them"),
        (("hr.mp4", "--first", "7"), "has 5 frames; more than 6 are needed"),
        (("hr.mp4", "--model", "missing.onnx"), "missing.onnx: No such file"),
        (("hr.mp4", "--model", "text.webm"), "text.webm: not an ONNX model"),
        (("hr.mp4", "--model", "one.onnx"), "one.onnx: scales by 1"),
        (("hr.mp4", "-o", "nowhere/net.onnx"), "nowhere/net.onnx: No such file"),
        (("hr.mp4", "-o", "."), ".: not a regular file"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_nothing(
    run: Run, here: Path, nothing_new: Watch, words: tuple[str, ...], complaint: str
) -> None:
    (here / "one.onnx").write_bytes(model([helper.make_node("Relu", ["x"], ["y"])], []))
    untouched = nothing_new(here)
    run("fit-filters", "--model", shipped_model(), "-o", "net.onnx", *words).complains(complaint)
    untouched()


@pytest.mark.parametrize("output", ["dangling.onnx", "/proc/net.onnx"])
def test_where_nothing_can_be_written_no_work_begins(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("work has begun")

    monkeypatch.setattr("palantir.train.dataset.code_clip", work)
    (here / "dangling.onnx").symlink_to(here / "nowhere" / "net.onnx")
    told = run("fit-filters", "hr.mp4", "--model", shipped_model(2), "-o", output)
    told.complains(f"{output}: No such file")


@pytest.mark.usefixtures("winning")
def test_a_network_that_has_filters_is_left_alone(run: Run, here: Path, nothing_new: Watch) -> None:
    (here / "plain.onnx").write_bytes(stack(scale=3))
    words = ("fit-filters", "hr.mp4", "--model")
    assert run(*words, "plain.onnx", "-o", "once.onnx").code == 0
    untouched = nothing_new(here)
    run(*words, "once.onnx", "-o", "twice.onnx").complains("once.onnx: has filters already")
    untouched()


@pytest.mark.usefixtures("winning")
def test_quantising_and_enhancing_take_what_was_written(run: Run, here: Path) -> None:
    pytest.importorskip("onnx")
    assert run("fit-filters", "hr.mp4", "--model", shipped_model(), "-o", "net.onnx").code == 0
    few = ("--patches", "4", "--fidelity", "20")
    assert run("quantize", "net.onnx", "--clip", "segment.webm", *few).code == 0
    plain, eight = SRNetwork.load("net.onnx"), SRNetwork.load("net-int8.onnx")
    assert plain.filters is not None
    assert eight.filters is not None
    np.testing.assert_array_equal(plain.filters.weights, eight.filters.weights)
    assert run("enhance", "segment.webm", "--model", "net.onnx", "-o", "sr.mp4").code == 0
