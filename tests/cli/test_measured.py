"""`palantir schedule --hr`: what anchors win is measured against the original."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from palantir.cli.profiles import _SEEING_NO_GRAPH
from palantir.enhance import measured
from palantir.enhance.measured import MeasuredModel
from palantir.graph import ErrorGraph
from palantir.media import VideoSource, read_frames
from palantir.models import SRNetwork, shipped_model
from palantir.models.filter_bank import CLASSES, TAPS, FilterBank, attach
from palantir.profile import CacheProfile
from palantir.schedule import SELECTORS, select
from tests.cli.conftest import FRAMES
from tests.cli.outcome import Run
from tests.enhance.networks import convolutions, silent
from tests.media.clips import make_clip

Watch = Callable[[Path], Callable[[], None]]


@pytest.fixture
def here(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an LR stream, and as its original what a network makes of every patch."""
    monkeypatch.chdir(folder)
    convolutions(folder, 2, 1, value_range="limited").path.rename("net.onnx")
    silent(folder, 2).path.rename("silent.onnx")
    for words in (
        ("encode", "hr.mp4", "-o", "lr.webm", "--scale", "2"),
        ("schedule", "lr.webm", "-o", "all.pcp", "--selector", "all"),
        ("enhance", "lr.webm", "--profile", "all.pcp", "--model", "net.onnx", "-o", "sr.y4m"),
    ):
        assert run(*words).code == 0
    return folder


WORDS = ("schedule", "lr.webm", "--model", "net.onnx", "--budget", "3", "--hr", "sr.y4m")


def test_anchors_are_chosen_by_what_they_win(run: Run, here: Path) -> None:
    facts = run(*WORDS, "--json").json
    assert facts["parameters"]["error_model"] == "measured"
    profile = CacheProfile.load("lr.pcp")
    model = MeasuredModel(
        SRNetwork.load("net.onnx", threads=1), read_frames("sr.y4m"),
        colour=VideoSource("lr.webm").colour,
    )  # fmt: skip
    graph = ErrorGraph.from_video("lr.webm", error_model=model)
    expected = select(graph, 3, interval="gop").anchors_by_frame(*profile.anchors.shape)
    np.testing.assert_array_equal(profile.anchors, expected)
    assert run("schedule", "lr.webm", "--budget", "3", "-o", "estimated.pcp").code == 0
    estimated = CacheProfile.load("estimated.pcp")
    assert estimated.parameters["error_model"] == "detail"
    assert estimated.estimated_before != profile.estimated_before == graph.objective()
    assert (
        run("inspect", "lr.webm", "--profile", "lr.pcp", "--json").json["error_model"] == "detail"
    )


def test_a_judge_measures_in_the_networks_stead(run: Run, here: Path, nothing_new: Watch) -> None:
    assert run(*WORDS, "-o", "own.pcp").code == 0
    Path("copy.onnx").write_bytes(Path("net.onnx").read_bytes())
    words = ("--model", "silent.onnx", "--judge", "copy.onnx", "-o", "judged.pcp")
    assert run(*WORDS, *words).code == 0
    assert Path("own.pcp").read_bytes() == Path("judged.pcp").read_bytes()
    check = nothing_new(here)
    run(*WORDS, "--judge", "silent.onnx", "-o", "x.pcp").complains(
        "lr.webm: the network takes 0 of squared error from plain upscaling, and adds"
    )
    run(*WORDS, "--judge", "text.webm", "-o", "x.pcp").complains("text.webm")
    other = str(shipped_model(4))
    run(*WORDS, "--judge", other, "-o", "x.pcp").complains("enlarges 4 times, net.onnx 2 times")
    check()


def test_each_segment_is_measured_by_its_own_colours_hr_and_filters(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[dict[str, Any]] = []

    class Recorder(MeasuredModel):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            taken.append(settings)
            super().__init__(*arguments, **settings)

    monkeypatch.setattr(measured, "MeasuredModel", Recorder)
    make_clip(here / "full.mp4", codec="libx264", times=range(0, 480, 40), full_range=True,
              size=(192, 128))  # fmt: skip
    assert run("encode", "full.mp4", "-o", "full.webm", "--scale", "2").code == 0
    bank = FilterBank(np.zeros((CLASSES, len(TAPS), 2, 2), np.int16))
    Path("filters.onnx").write_bytes(attach(Path("net.onnx").read_bytes(), bank, "net.onnx"))
    run("schedule", "lr.webm", "full.webm", "--model", "filters.onnx", "--judge", "net.onnx",
        "--budget", "3", "-o", "out", "--hr", "sr.y4m", "--hr", "full.mp4")  # fmt: skip
    assert [each["name"] for each in taken] == ["lr.webm", "full.webm"]
    for name in ("colour", "hr_colour"):
        assert [each[name].full_range for each in taken] == [False, True]
    for each in taken:
        np.testing.assert_array_equal(each["filters"].weights, bank.weights)


@pytest.mark.parametrize("more", [(), ("--live",), ("--joint",)])
def test_hr_must_be_that_of_the_stream(
    run: Run, here: Path, nothing_new: Watch, more: tuple[str, ...]
) -> None:
    check = nothing_new(here)
    words = ("schedule", *more, *WORDS[1:-1])
    run(*words, "sr.y4m", "--hr-first", "1").complains(
        "lr.webm: frame 11: the HR clip ends before the LR stream"
    )
    run(*words, "lr.webm").complains("frame 0: the HR frame of 96x64 is not SR's 192x128")
    run(*words, "text.webm").complains("text.webm")
    run(*words, "missing.mp4").complains("missing.mp4: cannot read")
    damaged = ("--keep-going", "--max-size", "10x10")
    run(*words, "sr.y4m", *damaged).complains("the stream holds no coded frame")
    check()


@pytest.mark.parametrize("more", [(), ("--live",), ("--joint",)])
def test_picks_at_random_are_refused(
    run: Run, here: Path, nothing_new: Watch, more: tuple[str, ...]
) -> None:
    check = nothing_new(here)
    words = (*WORDS, "--judge", "silent.onnx", "--hr-first", "0", *more)
    run(*words).complains("the network takes 0 of squared error")
    check()


def test_what_measures_is_loaded_only_where_there_is_an_original(here: Path) -> None:
    code = (
        "import sys; from palantir.cli import main\n"
        "try: main(['schedule', 'lr.webm', '--budget', '3'])\n"
        "except SystemExit as ended: assert not ended.code\n"
        "sys.exit(bool({'palantir.enhance', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_live_and_joint_schedules_measure_too(run: Run, here: Path) -> None:
    words = (*WORDS, "--selector", "adjoint", "-o")
    assert run(*words, "whole.pcp", "--interval", "4").code == 0
    assert run(*words, "live.pcp", "--interval", "4", "--live").code == 0
    whole, live = (CacheProfile.load(f"{name}.pcp") for name in ("whole", "live"))
    np.testing.assert_array_equal(whole.anchors, live.anchors)
    assert live.parameters["error_model"] == "measured"
    Path("second.webm").write_bytes(Path("lr.webm").read_bytes())
    joint = (
        "schedule",
        "lr.webm",
        "second.webm",
        "--joint",
        "--model",
        "net.onnx",
        "--budget",
        "3",
    )
    assert run(*joint, "--hr", "sr.y4m", "--hr", "sr.y4m").code == 0
    assert CacheProfile.load("second.pcp").parameters["error_model"] == "measured"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lr.webm", "--judge", "net.onnx"), "go with --hr"),
        (("lr.webm", "--hr-first", "3"), "go with --hr"),
        (("lr.webm", "other.webm", "--hr", "hr.mp4"), "--hr is given 1 times for 2 SEGMENTs"),
        (("lr.webm", "--hr", "hr.mp4", "--reuse", "paper"), "--hr goes with --reuse detail"),
        (("lr.webm", "--hr", "hr.mp4", "--error-model", "detail"), "without --error-model"),
        (("lr.webm", "--hr", "hr.mp4", "--selector", "random"), "--hr does nothing for --selector"),
        (("lr.webm", "--hr", "hr.mp4", "-o", "hr.mp4"), "would overwrite the input hr.mp4"),
        (
            ("lr.webm", "--hr", "hr.mp4", "--judge", "net.onnx", "-o", "net.onnx"),
            "would overwrite the input net.onnx",
        ),
    ],
)
def test_wrong_usage(
    run: Run, here: Path, nothing_new: Watch, words: tuple[str, ...], told: str
) -> None:
    check = nothing_new(here)
    run("schedule", *words).complains(told, code=2)
    check()


def test_frames_that_lr_leaves_out_are_told(run: Run, here: Path, nothing_new: Watch) -> None:
    """Their times say so: the frames behind them would be set against the wrong originals."""
    times = [40 * place for place in range(FRAMES)]
    make_clip(here / "gap.webm", times=[*times[:7], *times[8:]], size=(96, 64))
    make_clip(here / "slow.webm", times=[2 * time for time in times], size=(96, 64))
    late = [one + 5000 for one in times]
    make_clip(here / "late.webm", times=late, size=(96, 64))
    check = nothing_new(here)
    words = ("--model", "net.onnx", "--budget", "3", "--hr", "sr.y4m")
    run("schedule", "gap.webm", *words).complains(
        "gap.webm: frame 7 comes 0.320 s after the first, but 0.280 s in sr.y4m"
    )
    run("schedule", "slow.webm", *words).complains("slow.webm: frame 1 comes 0.080 s after")
    check()
    assert "comes" not in run("schedule", "late.webm", *words).err


def test_every_selector_is_known_to_see_the_graph_or_not() -> None:
    assert set(_SEEING_NO_GRAPH) < set(SELECTORS)
