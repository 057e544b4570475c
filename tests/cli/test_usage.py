"""Wrong usage exits 2 with one line; no command ever overwrites what it reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from palantir.cli.printing import print_json
from tests.cli.outcome import Run

SCHEDULE = ("schedule", "segment.webm", "-o", "out.pcp")
WRONG = [
    ("nonsense",),
    ("schedule",),
    ("schedule", "segment.webm", "other.webm", "-o", "out.pcp"),
    ("schedule", "segment.webm", "segment.webm"),
    ("schedule", "segment.webm", "./segment.webm", "-o", "."),
    ("schedule", "segment.webm", "other.webm", "--joint", "--resume"),
    ("schedule", "segment.webm", "other.webm", "--joint", "--interval", "gop"),
    ("schedule", ""),
    ("schedule", "segment.webm", "-o", ""),
    ("schedule", "segment.webm", "-o", "-"),
    *((*SCHEDULE, f"--grid={grid}") for grid in ("0x0", "999x999", "3", "3x", "-1x2", "x")),
    *((*SCHEDULE, f"--patch={patch}") for patch in ("8", "-1x1", "8x", "²x²", "")),
    *((*SCHEDULE, f"--budget={budget}")
      for budget in ("0", "-5%", "200%", "0%", "nan", "inf", "", "999999999999", "1e-3",
                     "0GMAC/s", "GMAC/s", "20gmac/s", "20GMAC")),
    *((*SCHEDULE, f"--interval={interval}")
      for interval in ("0", "-1", "x", "", "9" * 30, "²", "0ms", "1s")),
    (*SCHEDULE, "--threads", "0"),
    (*SCHEDULE, "--threads", "65"),
    (*SCHEDULE, "--selector", "best"),
    (*SCHEDULE, "--without", "time"),
    (*SCHEDULE, "--seed", "1"),
    (*SCHEDULE, "--seed", "-1", "--selector", "random"),
    (*SCHEDULE, "--model", "net.onnx", "--by", "area"),
    (*SCHEDULE, "--model", "net.onnx", "--budget", "20"),
    (*SCHEDULE, "--by", "cost", "--budget", "20"),
    (*SCHEDULE, "--by", "area", "--budget", "1GMAC/s"),
    (*SCHEDULE, "--reuse", "all"),
    (*SCHEDULE, "--grid", "2x2", "--patch", "8x8"),
    (*SCHEDULE, "--no-such-option"),
    ("enhance", "segment.webm"),
    ("enhance", "segment.webm", "-o", "-", "--json"),
    ("enhance", "segment.webm", "-o", "sr.mp4", "--crf", "64"),
    ("quantize", "net.onnx"),
    *(("quantize", "net.onnx", "--clip", "segment.webm", option, value)
      for option, value in (("--patches", "3"), ("--fidelity", "nan"), ("--fidelity", "19"),
                            ("--seed", "-1"), ("--out", "-"), ("--out", "net.onnx"))),
    ("encode", "hr.mp4"),
    *(("encode", "hr.mp4", "-o", "lr.webm", option, value)
      for option, value in (("--bitrate", "0"), ("--bitrate", "nan"), ("--bitrate", "9" * 20),
                            ("--gop", "9" * 20), ("--start", "9" * 20), ("--frames", "9" * 20),
                            ("--start", "-1"), ("--frames", "0"), ("--scale", "5"))),
    ("train", "-o", "out.onnx"),
    ("train", "hr.mp4"),
    ("train", "hr.mp4", "-o", "hr.mp4"),
    ("train", "hr.mp4", "-o", "out.onnx", "--lr", "segment.webm"),
    ("train", "hr.mp4", "-o", "out.onnx", "--hr", "hr.mp4", "--lr", "segment.webm"),
    ("train", "hr.mp4", "-o", "out.onnx", "--first", "5", "--last", "4"),
    ("train", "hr.mp4", "-o", "net.onnx", "--init", "net.onnx"),
    ("train", "hr.mp4", "-o", "out.onnx", "--tail", "transposed"),
    *(("train", "hr.mp4", "-o", "out.onnx", option, value)
      for option, value in (("--network", "m9c9"), ("--scale", "5"), ("--minutes", "0"),
                            ("--minutes", "nan"), ("--steps", "0"), ("--rate", "nan"),
                            ("--rate", "1"), ("--batch", "0"), ("--patch", "0"),
                            ("--seed", "-1"), ("--threads", "0"), ("--last", "-1"))),
    ("fit-filters", "--model", "net.onnx", "-o", "out.onnx"),
    ("fit-filters", "hr.mp4", "-o", "out.onnx"),
    ("fit-filters", "hr.mp4", "--model", "net.onnx"),
    *(("fit-filters", "hr.mp4", "--model", "net.onnx", "-o", output)
      for output in ("hr.mp4", "net.onnx", "-")),
    ("fit-filters", "hr.mp4", "--model", "net.onnx", "-o", "o.onnx", "--first", "5", "--last", "4"),
    ("quality", "hr.mp4"),
    ("inspect", "segment.pcp", "--image", "trace.png"),
    ("inspect", "segment.webm", "--image", "trace.jpg"),
    ("inspect", "segment.webm", "--profile", "segment.pcp", "--grid", "2x2"),
    ("demo", "hr.mp4", "-o", "."),
    ("evaluate", "hr.mp4"),
    ("evaluate", "-o", "out"),
    ("evaluate", "hr.mp4", "./hr.mp4", "-o", "out"),
    *(("evaluate", "hr.mp4", "-o", "out", option, value)
      for option, value in (("--budget", "2"), ("--budget", "0"), ("--budget", "1/0"),
                            ("--selector", "best"), ("--error-model", "best"), ("--grid", "0x2"),
                            ("--patch", "64"), ("--first", "x"), ("--rate", "0"),
                            ("--reuse", "all"), ("--frames", "x"), ("--frames", "0"),
                            ("--frames", "dog=0"), ("--frames", "dog=5"),
                            ("--first", "dog=5"))),
    ("evaluate", "hr.mp4", "-o", "out", "--ablations", "--selector", "gain-per-cost"),
]  # fmt: skip


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    (folder / "net.onnx").write_bytes(b"")
    return folder


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_one_line_and_2(run: Run, here: Path, words: tuple[str, ...]) -> None:
    before = sorted(here.iterdir())
    run(*words).complains("--help", code=2)
    assert sorted(here.iterdir()) == before


def test_no_command_at_all_shows_the_help_and_is_wrong(run: Run) -> None:
    shown = run()
    assert (shown.code, shown.out) == (2, "")
    assert "palantir schedule --help" in shown.err


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--grid", "49x64", "49x64 does not fit a 64x48 frame"),
        ("--patch", "65x8", "65x8 does not fit a 64x48 frame"),
        ("--patch", "0x0", "0x0 does not fit"),
    ],
)
def test_what_does_not_fit_this_segment_is_an_error_of_its_own(
    run: Run, here: Path, option: str, value: str, why: str
) -> None:
    run(*SCHEDULE, option, value).complains(why)
    assert not (here / "out.pcp").exists()


OVERWRITING = [
    ("schedule", "segment.webm", "-o"),
    ("enhance", "segment.webm", "-o"),
    ("encode", "segment.webm", "-o"),
    ("inspect", "segment.webm", "--image"),
]


@pytest.mark.parametrize("words", OVERWRITING, ids=lambda words: words[0])
@pytest.mark.parametrize("alias", ["itself", "symbolic link", "hard link", "another spelling"])
def test_the_input_is_never_overwritten(
    run: Run, here: Path, words: tuple[str, ...], alias: str
) -> None:
    (here / "sub").mkdir()
    target = {"itself": "segment.webm", "another spelling": "sub/../segment.webm"}.get(alias)
    if target is None:
        target = "link.webm"
        link = os.symlink if alias == "symbolic link" else os.link
        link("segment.webm", target)
    before = (here / "segment.webm").read_bytes()
    run(*words, target).complains("would overwrite the input segment.webm", code=2)
    assert (here / "segment.webm").read_bytes() == before


def test_neither_the_profile_nor_the_model_is_overwritten(run: Run, here: Path) -> None:
    from palantir.models import shipped_model

    (here / "net.mp4").write_bytes(shipped_model().read_bytes())
    enhance = ("enhance", "segment.webm", "--model", "net.mp4", "-o")
    run(*enhance, "segment.pcp").complains("overwrite", code=2)
    run(*enhance, "net.mp4").complains("overwrite", code=2)
    drawing = ("inspect", "segment.webm", "--profile", "segment.pcp", "--image")
    run(*drawing, "segment.pcp").complains("overwrite", code=2)


def test_a_segment_that_is_named_like_a_profile_is_not_replaced_by_one(
    run: Run, here: Path
) -> None:
    (here / "segment.webm").rename(here / "video.pcp")
    run("schedule", "video.pcp").complains("overwrite", code=2)


def test_the_demo_does_not_replace_its_clip(run: Run, here: Path) -> None:
    (here / "out").mkdir()
    (here / "hr.mp4").rename(here / "out" / "sr.mp4")
    run("demo", "out/sr.mp4", "-o", "out").complains("output folder", code=2)


def test_json_that_is_not_strict_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"value": float("nan")})
    assert not capsys.readouterr().out


def test_a_program_error_is_not_disguised(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("palantir.graph.construct.graph_from_video", broken)
    with pytest.raises(ZeroDivisionError):
        run("schedule", folder / "segment.webm")


@pytest.mark.parametrize(
    ("error", "why"),
    [(MemoryError(), "out of memory"), (ImportError("no _core"), "no _core (palantir doctor")],
)
def test_trouble_with_the_machine_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path, error: Exception, why: str
) -> None:
    def broken(*_: object, **__: object) -> Callable[..., None]:
        raise error

    monkeypatch.setattr("palantir.graph.construct.graph_from_video", broken)
    run("schedule", folder / "segment.webm").complains(why)
