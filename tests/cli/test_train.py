"""`palantir train`: what it writes, tells and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from palantir.cli.progress import progress_bar  # noqa: E402
from palantir.cli.train import _NETWORKS  # noqa: E402
from palantir.models import SRNetwork  # noqa: E402
from palantir.models.architectures import NETWORKS  # noqa: E402
from tests.cli.outcome import Run  # noqa: E402

Watch = Callable[[Path], Callable[[], None]]
QUICK = ("--network", "m4c16", "--steps", "2", "--batch", "2", "--patch", "16", "--threads", "1")


def test_the_command_offers_every_network() -> None:
    assert set(_NETWORKS) == set(NETWORKS)


def test_train_writes_a_network_and_tells_what_it_wins(run: Run, folder: Path) -> None:
    words = ("train", folder / "hr.mp4", "-o", folder / "net.onnx", *QUICK, "--scale", "2")
    told = run(*words, "--json").json
    assert (told["steps"], told["bytes"]) == (2, (folder / "net.onnx").stat().st_size)
    (clip,) = told["validation"]
    assert clip["frames"] == "hr.mp4 frames 6..11"
    assert SRNetwork.load(folder / "net.onnx").scale == 2
    shown = run(*words, "--progress")  # the same command, another time
    gain = clip["network"] - clip["plain"]
    assert f"hr.mp4 frames 6..11: bicubic {clip['plain']:.3f} dB" in shown.out
    assert f"({gain:+.3f} dB), not fitted on" in shown.out
    kept = told["filters"] is not None
    assert (SRNetwork.load(folder / "net.onnx").filters is not None) == kept
    assert ("filters for the plain upscaler: +" in shown.out) == kept
    assert "100.0%  step 2  loss " in shown.err


def test_a_bar_says_what_it_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("fit", 100, True) as report:
        report(50, "loss 0.3, 31 dB")
    shown = capfd.readouterr().err
    assert "loss 0.3, 31 dB" in shown
    assert "50/100" in shown


def test_train_begins_with_the_shipped_network(run: Run, folder: Path) -> None:
    words = ("train", folder / "hr.mp4", "-o", folder / "net.onnx", *QUICK[2:], "--one-rate")
    told = run(*words, "--init", "shipped", "--network", "m6c32", "--json").json
    assert told["validation"][0]["network"] != told["validation"][0]["plain"]
    shown = run(*words, "--init", "shipped", "--network", "m6c32").out
    assert "dB), not fitted on in this run\n" in shown
    notes = SRNetwork.load(folder / "net.onnx").describe()["notes"]
    assert isinstance(notes, dict)
    assert "detail-x4.onnx (SHA-256" in notes["training.settings"]
    assert "1/4 size, 1 times" in notes["training.degradation"]


def test_train_takes_a_pair(run: Run, folder: Path) -> None:
    run("encode", folder / "hr.mp4", "-o", folder / "lr.webm")
    pair = ("--hr", folder / "hr.mp4", "--lr", folder / "lr.webm", "--last", "8")
    told = run("train", *pair, "-o", folder / "net.onnx", *QUICK, "--json").json
    assert told["validation"][0]["frames"] == "hr.mp4 frames 3..8"
    notes = SRNetwork.load(folder / "net.onnx").describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["training.degradation"] == "lr.webm"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("missing.mp4",), "missing.mp4: cannot read: No such file"),
        (("text.webm",), "text.webm"),
        (("tone.webm",), "no video track"),
        (("empty.webm",), "empty.webm"),
        (("hr.mp4", "--last", "99"), "has no frames 0..99, only 12 of them"),
        (("hr.mp4", "--first", "7"), "more than 6 are needed"),
        (("hr.mp4", "--patch", "64"), "LR is 48x32, patches are 64x64"),
        (("hr.mp4", "--init", "text.webm"), "text.webm: no ONNX model"),
        (("hr.mp4", "--init", "/dev/zero"), "/dev/zero: not a regular file"),
        (("--hr", "hr.mp4", "--lr", "segment.webm"), "which is not 1/4 of hr.mp4's 192x128"),
    ],
)
def test_what_cannot_be_trained_on_is_named_and_leaves_nothing(
    run: Run,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    nothing_new: Watch,
    words: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(folder)
    untouched = nothing_new(folder)
    run("train", *QUICK, *words, "-o", "net.onnx").complains(complaint)
    untouched()


def test_a_missing_folder_is_named_before_the_work(
    run: Run, folder: Path, nothing_new: Watch
) -> None:
    untouched = nothing_new(folder)
    run("train", folder / "hr.mp4", "-o", folder / "no" / "net.onnx", *QUICK).complains("No such")
    untouched()


def test_without_torch_the_extra_is_named(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("palantir.train")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "palantir.train.recipe", None)
    words = ("train", folder / "hr.mp4", "-o", folder / "net.onnx")
    run(*words).complains("pip install 'palantir-sr[torch]'")
