"""`palantir schedule` and `enhance` with a light network beside the large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from palantir.models import network_load, shipped_model
from palantir.profile import CacheProfile
from palantir.schedule import Tiers
from tests.cli.outcome import Run
from tests.enhance.networks import silent

TIERS = ("--light-model", "light.onnx")
BUDGET = ("--budget", "300MMAC/s")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    silent(folder, 4).path.rename("light.onnx")
    silent(folder, 2).path.rename("other.onnx")
    return folder


def test_a_profile_of_two_networks_is_enhanced_with_both(run: Run, here: Path) -> None:
    made = run("schedule", "segment.webm", *TIERS, *BUDGET, "--light-share", "0.5", "--json").json
    profile = CacheProfile.load("segment.pcp")
    assert profile.light is not None
    assert made["light_anchors"] == profile.light.sum() > 0
    assert made["anchors"] == profile.anchors.sum() > profile.light.sum()
    assert (profile.selector, profile.parameters["light_share"]) == ("tiers", 0.5)
    assert profile.parameters["light_macs_per_pixel"] == network_load("light.onnx").macs_per_pixel
    shown = run("inspect", "segment.pcp", "--json").json
    assert shown["light_anchors"] == made["light_anchors"]
    light = {frame["frame"]: frame["light"] for frame in shown["frames"]}
    assert light == {t: profile.light[t].nonzero()[0].tolist() for t in light}

    words = ("enhance", "segment.webm", "-o", "sr.mp4", "--no-progress", "--json")
    done = run(*words, "--light-model", "light.onnx").json
    assert done["anchors"] == made["anchors"]
    large, (width, height) = network_load(shipped_model()).macs_per_pixel, profile.lr_size
    assert large is not None
    assert 0 < done["network_cost"] <= 3e8 / 25 / (width * height * large)  # 25 frames a second
    missing = run(*words)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == (
        "palantir: profile segment.pcp: made for two networks, and no light one is given\n"
    )
    wrong = run(*words, "--light-model", "other.onnx")
    assert wrong.code == 1
    assert "the light network enlarges 2 times, the other 4 times" in wrong.err


def test_a_share_is_of_the_large_networks_cost(run: Run, here: Path) -> None:
    assert run("schedule", "segment.webm", *TIERS).code == 0
    profile = CacheProfile.load("segment.pcp")
    assert profile.light is not None
    assert (profile.selector, profile.parameters["network_share"]) == ("tiers", 0.05)
    assert profile.parameters["light_share"] == Tiers.share
    assert f"[default: {Tiers.share:g}]" in " ".join(run("schedule", "--help").out.split())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            (*TIERS, "--by", "area"),
            "--light-model goes with --selector gain-per-cost, the whole",
        ),
        ((*TIERS, *BUDGET, "--selector", "adjoint"), "--light-model goes with --selector gain-per"),
        ((*TIERS, *BUDGET, "--without", "weight"), "--light-model goes with"),
        ((*TIERS, *BUDGET, "--joint"), "--joint excludes --light-model"),
        ((*TIERS, *BUDGET, "--light-share", "1.1"), "--light-share"),
        ((*TIERS, *BUDGET, "-o", "light.onnx"), "would overwrite the input light.onnx"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(
    run: Run, here: Path, words: tuple[str, ...], reason: str
) -> None:
    ended = run("schedule", "segment.webm", *words)
    assert ended.code == 2
    assert reason in ended.err


def test_a_light_network_must_be_lighter(run: Run, here: Path) -> None:
    words = ("--model", "light.onnx", *TIERS[:2], "--light-model", str(shipped_model()))
    ended = run("schedule", "segment.webm", *words, *BUDGET)
    assert ended.code == 1
    assert "it is not lighter" in ended.err


def test_the_study_compares_both_ways_and_keeps_what_it_measured(run: Run, here: Path) -> None:
    words = ("study", "tiers", "hr.mp4", "--network", shipped_model(), "--light-network",
             "light.onnx", "--frames", "3", "-o", "study", "--no-progress")  # fmt: skip
    shown = run(*words, "--share", "0.3", "--budget", "1/4")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.rstrip().endswith("study/tiers.md, study/tiers.csv")
    assert "Two networks at equal compute" in Path("study/tiers.md").read_text()
    measured = Path("study/measured.jsonl").read_bytes()
    again = run(*words, "--share", "0.3", "--budget", "1/4", "--json").json
    assert {one["method"] for one in again} >= {"tiers", "light alone", "detail-x4 alone"}
    assert Path("study/measured.jsonl").read_bytes() == measured
    ended = run(*words)
    assert ended.code == 2
    assert "no frames before the first" in ended.err


def test_the_study_takes_a_grid_or_a_patch_size(run: Run, here: Path) -> None:
    words = ("study", "tiers", "hr.mp4", "--network", shipped_model(), "--light-network",
             "light.onnx", "--frames", "3", "-o", "study", "--share", "0.3",
             "--budget", "1/2", "--json")  # fmt: skip
    found = {}
    for option, value in (("--grid", "1x2"), ("--patch", "24x999")):  # LR is 48x32
        budgeted = [one for one in run(*words, option, value).json if one["budget"]]
        found[value] = {(one["grid"], one["patches"]) for one in budgeted}
    ((_, patches),) = found["1x2"]
    assert patches in (2 * 3, 2 * 4)  # an alt-ref may be among them
    assert found == {"1x2": {("1x2", patches)}, "24x999": {("24x999 px", patches)}}
    ended = run(*words, "--grid", "1x2", "--patch", "24x32")
    assert ended.code == 2
    assert "--grid and --patch both say how large patches are" in ended.err
