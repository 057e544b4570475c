"""`palantir schedule`: its selectors, budgets and intervals, and several segments at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from palantir.cli.schedule import _SELECTORS
from palantir.graph import ErrorGraph
from palantir.models import SRNetwork, network_load, shipped_model
from palantir.profile import CacheProfile
from palantir.schedule import SELECTORS, select, select_jointly
from palantir.tiles import merge_anchors, with_halo
from tests.cli.conftest import FRAMES
from tests.cli.outcome import Run
from tests.models import small_networks


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def profile_of(run: Run, *words: str) -> CacheProfile:
    assert run("schedule", "segment.webm", "-o", "out.pcp", *words).code == 0
    return CacheProfile.load("out.pcp")


def test_every_selector_is_offered_and_explained(run: Run) -> None:
    assert _SELECTORS == SELECTORS
    lines = run("schedule", "--help").out.split("Selectors:")[1].splitlines()
    listed = "".join(line[4:17] + "," for line in lines if line[4:5].isalpha())
    assert tuple(listed.replace(",", " ").split()) == SELECTORS
    assert "palantir-sr[torch]" in run("schedule", "--help").out


@pytest.mark.parametrize("name", [name for name in SELECTORS if not name.startswith("spm")])
def test_a_selector_is_called_by_its_name(run: Run, here: Path, name: str) -> None:
    profile = profile_of(run, "--selector", name, "--interval", "6", "--budget", "2")
    expected = select(ErrorGraph.from_video("segment.webm"), 2, name, 6)
    np.testing.assert_array_equal(profile.anchors.ravel().nonzero()[0], np.sort(expected.order))
    assert profile.selector == name


def test_a_halo_of_ones_own_is_counted_or_refused(run: Run, here: Path) -> None:
    words = ("schedule", "segment.webm", "--halo", "1")
    run(*words, "--by", "area").complains(
        "--halo goes with --selector gain-per-cost or a budget of what the network computes", code=2
    )
    for more in (("--by", "area", "--selector", "gain-per-cost"), ("--budget", "1GMAC/s"), ()):
        assert run(*words, *more).code == 0
        assert CacheProfile.load(here / "segment.pcp").parameters["halo"] == 1
    run(*words[:2], "--light-share", "0.5").complains("goes with --light-model", code=2)


def test_gain_per_cost_is_told_the_networks_halo(run: Run, here: Path) -> None:
    profile = profile_of(run, "--selector", "gain-per-cost", "--budget", "20%")
    assert (profile.selector, profile.parameters["halo"]) == ("gain-per-cost", 4)
    profile = profile_of(run, "--selector", "gain-per-cost", "--model", str(shipped_model(2)))
    assert profile.parameters["halo"] == network_load(shipped_model(2)).halo


def test_the_seed_of_random_picks(run: Run, here: Path) -> None:
    one, same, other = (
        profile_of(run, "--selector", "random", "--budget", "20%", "--seed", seed)
        for seed in ("1", "1", "2")
    )
    assert one.to_bytes() == same.to_bytes()
    assert (one.anchors != other.anchors).any()
    cost = {"network_share": 0.2, "halo": 4}
    assert other.parameters == {"interval": "gop", "seed": 2, "error_model": "detail", **cost}


@pytest.mark.parametrize("without", ["weight", "texture"])
def test_without_is_an_ablation(run: Run, here: Path, without: str) -> None:
    profile = profile_of(run, "--without", without, "--budget", "10")
    graph = ErrorGraph.from_video("segment.webm")
    expected = select(graph, 10, interval="gop", without=without)  # type: ignore[arg-type]
    assert set(profile.anchors.ravel().nonzero()[0]) == set(expected.order)
    assert profile.estimated_after == expected.total[-1]
    assert profile.parameters["without"] == without


def test_an_interval_may_be_a_time(run: Run, here: Path) -> None:
    profile = profile_of(run, "--interval", "200ms", "--budget", "2")
    assert profile.parameters == {"interval": "200ms", "error_model": "detail"}
    counts = profile.anchors.sum(axis=1)
    assert [counts[:5].sum(), counts[5:10].sum(), counts[10:].sum()] == [2, 2, 2]


def cost_of(profile: CacheProfile, halo: int) -> int:
    """LR pixels of 64x48 frames that go through the network."""
    return sum(
        with_halo(tile, halo, 64, 48).pixels
        for anchors in profile.anchors
        for tile in merge_anchors(anchors, profile.grid, 64, 48)
    )


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_a_share_is_of_what_per_frame_sr_costs(run: Run, here: Path, share: float) -> None:
    profile = profile_of(run, "--budget", f"{share:.0%}")
    assert profile.selector == "gain-per-cost"
    cost = {"network_share": share, "halo": 4}
    assert profile.parameters == {"interval": "gop", "error_model": "detail", **cost}
    allowed = share * FRAMES * 64 * 48
    assert allowed - 24 * 24 <= cost_of(profile, 4) <= allowed  # a patch and its halo
    assert profile.budget == profile.anchors.sum()


def test_a_share_may_be_of_the_patch_area(run: Run, here: Path) -> None:
    profile = profile_of(run, "--budget", "20%", "--by", "area")
    expected = select(ErrorGraph.from_video("segment.webm"), 0.2, interval="gop")
    assert set(profile.anchors.ravel().nonzero()[0]) == set(expected.order)
    assert (profile.selector, profile.budget) == ("adjoint", 0.2)
    assert profile.parameters == {"interval": "gop", "error_model": "detail"}


def test_the_selector_suits_the_budget_unless_it_is_named(run: Run, here: Path) -> None:
    def chosen(*words: str) -> str:
        return profile_of(run, *words).selector

    assert chosen() == chosen("--budget", "1GMAC/s") == "gain-per-cost"
    assert chosen("--budget", "20") == chosen("--by", "area") == chosen("--live") == "adjoint"
    assert chosen("--selector", "texture") == "texture"


@pytest.mark.parametrize("model", [None, "x2.onnx"])
def test_a_budget_may_be_what_the_network_computes(run: Run, here: Path, model: str | None) -> None:
    """What is chosen costs no more than is allowed, and about as much."""
    Path("x2.onnx").write_bytes(small_networks.stack((5, 5), scale=2))
    network = SRNetwork.load(model, threads=1)
    assert network.halo is not None
    assert network.macs_per_pixel is not None
    rate = 10 * 32 * 24 * network.macs_per_pixel  # ten quarters of a frame a second
    words = ("--budget", f"{rate}MAC/s", *(("--model", model) if model else ()))
    profile = profile_of(run, *words, "--grid", "6x8", "--interval", "gop")
    cost = {"macs_per_second": rate, "macs_per_pixel": network.macs_per_pixel, "halo": network.halo}
    assert profile.parameters == {"interval": "gop", "error_model": "detail", **cost}
    assert profile.budget == np.count_nonzero(profile.anchors) > 0
    pixels = cost_of(profile, network.halo)
    allowed = 10 * 32 * 24 * FRAMES / 25
    assert allowed - 64 * 48 <= pixels <= allowed


def test_a_network_that_cannot_be_read_is_an_error_of_its_own(run: Run, here: Path) -> None:
    words = ("schedule", "segment.webm", "-o", "out.pcp", "--budget", "1GMAC/s", "--model")
    run(*words, "text.webm").complains("text.webm", "not an ONNX model")
    run(*words, "missing.onnx").complains("missing.onnx", "No such file")
    whole = small_networks.helper.make_node("GlobalAveragePool", ["x"], ["y"])
    Path("whole.onnx").write_bytes(small_networks.model([whole], []))
    run(*words, "whole.onnx").complains("receptive field is unbounded", code=2)
    share = (*words[:4], "--model", "whole.onnx")
    run(*share).complains("its receptive field is unbounded; give --halo, or --by area", code=2)
    assert not Path("out.pcp").exists()


def test_several_segments_are_scheduled_one_by_one(run: Run, here: Path) -> None:
    alone = {name: Path(f"{name}.pcp").read_bytes() for name in ("segment", "other")}
    for name in alone:
        Path(f"{name}.pcp").unlink()
    done = run("schedule", "segment.webm", "other.webm", "--json")
    facts = [json.loads(line) for line in done.out.splitlines()]
    assert [each["segment"] for each in facts] == ["segment.webm", "other.webm"]
    assert [each["profile"] for each in facts] == ["segment.pcp", "other.pcp"]
    assert {name: Path(f"{name}.pcp").read_bytes() for name in alone} == alone
    Path("made").mkdir()
    assert run("schedule", "segment.webm", "other.webm", "-o", "made").out.count("\n") == 2
    assert {name: Path(f"made/{name}.pcp").read_bytes() for name in alone} == alone


def test_the_first_segment_that_fails_ends_the_batch_and_resuming_goes_on(
    run: Run, here: Path
) -> None:
    for name in ("segment", "other"):
        Path(f"{name}.pcp").unlink()
    failed = run("schedule", "segment.webm", "text.webm", "other.webm")
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    assert Path("segment.pcp").exists()
    assert not Path("other.pcp").exists()
    before = Path("segment.pcp").stat()
    done = run("schedule", "segment.webm", "other.webm", "--resume", "--json")
    kept, made = map(json.loads, done.out.splitlines())
    assert kept == {"segment": "segment.webm", "profile": "segment.pcp", "kept": True}
    assert (made["profile"], made["kept"]) == ("other.pcp", False)
    assert Path("segment.pcp").stat() == before


def test_only_a_sound_profile_of_the_segment_is_kept(run: Run, here: Path) -> None:
    good = Path("other.pcp").read_bytes()
    for bad in (Path("segment.pcp").read_bytes(), good[:-1], b""):
        Path("other.pcp").write_bytes(bad)
        assert run("schedule", "other.webm", "--resume", "--json").json["kept"] is False
        assert Path("other.pcp").read_bytes() == good
    assert "kept" in run("schedule", "other.webm", "--resume").out
    assert run("schedule", "other.webm", "--json").json["kept"] is False  # without: made anew


def test_a_joint_budget_goes_where_it_gains_most(run: Run, here: Path) -> None:
    done = run("schedule", "segment.webm", "other.webm", "--joint", "--budget", "7", "--json")
    facts = [json.loads(line) for line in done.out.splitlines()]
    names = ("segment.webm", "other.webm")
    expected = select_jointly([ErrorGraph.from_video(name) for name in names], 7)
    assert [each["anchors"] for each in facts] == [len(selection) for selection in expected]
    assert sum(each["anchors"] for each in facts) == 7
    for name, selection in zip(("segment.pcp", "other.pcp"), expected, strict=True):
        profile = CacheProfile.load(name)
        assert set(profile.anchors.ravel().nonzero()[0]) == set(selection.order)
        assert (profile.budget, profile.parameters["joint"]) == (7, 2)


def test_no_segment_is_overwritten_by_the_profile_of_another(run: Run, here: Path) -> None:
    Path("segment.webm").rename("other.pcp")
    before = Path("other.pcp").read_bytes()
    run("schedule", "other.webm", "other.pcp").complains("overwrite", "other.pcp", code=2)
    Path("link.webm").symlink_to("other.pcp")
    run("schedule", "other.webm", "link.webm").complains("overwrite", "link.webm", code=2)
    assert Path("other.pcp").read_bytes() == before


def test_a_folder_for_many_profiles_is_made(run: Run, here: Path) -> None:
    words = ("schedule", "segment.webm", "other.webm", "-o", "new/profiles")
    assert run(*words).code == 0
    assert {path.name for path in (here / "new/profiles").iterdir()} == {"segment.pcp", "other.pcp"}
    (here / "file").write_bytes(b"")
    for name in ("file", "new.pcp"):
        run(*words[:4], name).complains(f"profiles of 2 segments need a folder, not {name}", code=2)


@pytest.mark.parametrize("words", [(".",), ("/", "segment.webm"), ("..", "-o", "out.pcp")])
def test_a_folder_is_no_segment(run: Run, here: Path, words: tuple[str, ...]) -> None:
    run("schedule", *words).complains(words[0], "Is a directory")


@pytest.mark.parametrize("interval", ["gop", "2", "200ms"])
def test_live_scheduling_chooses_what_the_whole_graph_would(
    run: Run, here: Path, interval: str
) -> None:
    live = profile_of(run, "--live", "--interval", interval)
    whole = profile_of(run, "--interval", interval, "--selector", "adjoint")
    np.testing.assert_array_equal(live.anchors, whole.anchors)
    np.testing.assert_array_equal(live.packet, whole.packet)
    np.testing.assert_array_equal(live.shown, whole.shown)
    assert live.segment_sha256 == whole.segment_sha256
    assert live.estimated_before == pytest.approx(whole.estimated_before)
    assert live.estimated_after == pytest.approx(whole.estimated_after)
    assert live.parameters["live"] is True


def test_a_deadline_that_passes_is_told(run: Run, here: Path) -> None:
    words = ("schedule", "segment.webm", "-o", "out.pcp", "--live", "--tail", "--json")
    facts = run(*words, "--deadline", "0.001ms").json
    parameters = CacheProfile.load("out.pcp").parameters
    assert facts["deadline_passed"] > 0
    assert parameters["deadline_passed"] == facts["deadline_passed"]
    assert parameters["tail"] is True
    assert run(*words, "--deadline", "60000ms").json["deadline_passed"] == 0


@pytest.mark.parametrize(
    "words",
    [("--tail",), ("--deadline", "5ms"), ("--live", "--deadline", "5"),
     ("--live", "--deadline", "0ms"), ("--live", "--selector", "texture"),
     ("--live", "--without", "weight"), ("--live", "--joint")],
)  # fmt: skip
def test_wrong_usage_of_live_scheduling(run: Run, here: Path, words: tuple[str, ...]) -> None:
    run("schedule", "segment.webm", "-o", "out.pcp", *words).complains(code=2)
    assert not Path("out.pcp").exists()
