"""`palantir study reference` tells the truth in words, JSON and a picture, and refuses the rest."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import av
import pytest

from palantir.evaluate import ReferenceStudy, study_references
from tests.cli.outcome import Run
from tests.cli.test_hostile_input import NO_VIDEO, Watch
from tests.codec.streams import encode
from tests.media.clips import make_clip

STUDY = ("study", "reference")
GROUPS = ["key", "alt-ref", "normal", "intra", "inter", "intra anywhere"]


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def rows(out: str) -> dict[str, list[str]]:
    """The first table's cells after each group's name."""
    lines = [line.strip() for line in out.splitlines()]
    return {
        group: next(line for line in lines if line.startswith(group + " ")).split()[
            len(group.split()) :
        ]
        for group in GROUPS
    }


def test_the_json_is_the_studies_and_what_they_give_pooled(run: Run, here: Path) -> None:
    encode(here / "alt.webm", "alt-ref", frames=30)
    facts = run(*STUDY, "alt.webm", "segment.webm", "--json").json
    studies = [study_references(name) for name in ("alt.webm", "segment.webm")]
    assert [each.pop("segment") for each in facts["segments"]] == ["alt.webm", "segment.webm"]
    assert facts["segments"] == [study.to_dict() for study in studies]
    assert facts["pooled"] == ReferenceStudy.pooled(studies).to_dict()
    assert list(facts["pooled"]["groups"]) == GROUPS
    assert facts["pooled"]["groups"]["alt-ref"]["n"] == 1


def test_the_table_shows_each_groups_figures_in_80_columns(run: Run, here: Path) -> None:
    encode(here / "alt.webm", "alt-ref", frames=30)
    shown = run(*STUDY, "alt.webm")
    assert (shown.code, shown.err) == (0, "")
    assert max(map(len, shown.out.splitlines())) <= 80
    facts = run(*STUDY, "alt.webm", "--json").json["pooled"]
    assert shown.out.startswith(f"alt.webm: {facts['frames']} coded frames\n")
    effects = {effect["first"]: effect for effect in facts["effects"]}
    for group, cells in rows(shown.out).items():
        values = facts["groups"][group]
        words = [f"{values[name]:.2f}" for name in ("mean", "q1", "median", "q3")]
        effect = effects.get(group)
        against = [f"{effect['cles']:.3f}", effect["second"]] if effect else []
        assert cells == [str(values["n"]), *words, *against]


def test_several_segments_have_a_table_each_and_one_of_all(run: Run, here: Path) -> None:
    out = run(*STUDY, "segment.webm", "other.webm").out
    titles = [line for line in out.splitlines() if line.endswith("coded frames")]
    assert [title.split(":")[0] for title in titles] == [
        "segment.webm", "other.webm", "all 2 segments",
    ]  # fmt: skip
    assert titles[2].endswith(" 17 coded frames")


def test_a_stream_of_one_key_frame_has_empty_groups_and_no_effects(run: Run, here: Path) -> None:
    make_clip(here / "key.webm", times=[0])
    cells = rows(run(*STUDY, "key.webm").out)
    assert cells["key"] == ["1", "0.00", "0.00", "0.00", "0.00", "-", "normal"]
    assert cells["alt-ref"] == ["0", "-", "-", "-", "-", "-", "normal"]
    assert cells["inter"] == ["0", "-", "-", "-", "-"]
    facts = run(*STUDY, "key.webm", "--json").json
    assert {effect["cles"] for effect in facts["pooled"]["effects"]} == {None}


def test_formats_that_only_enhancing_cannot_do_are_studied(run: Run, here: Path) -> None:
    assert run(*STUDY, "ten-bit.ivf", "444.ivf", "--json").json["pooled"]["frames"] == 12


@pytest.mark.parametrize("name", NO_VIDEO)
def test_what_is_no_vp9_file_is_refused_also_after_a_good_one(
    run: Run, here: Path, nothing_new: Watch, name: str
) -> None:
    untouched = nothing_new(here)
    words = [name] if name == "." else [name, NO_VIDEO[name]]
    run(*STUDY, name).complains(*words)
    run(*STUDY, "segment.webm", name).complains(*words)
    untouched()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("study",), "Missing command; see palantir study --help"),
        (("study", "nonsense"), "nonsense"),
        (STUDY, "SEGMENT"),
        ((*STUDY, ""), "empty"),
        ((*STUDY, "segment.webm", "--threads", "0"), "threads"),
        ((*STUDY, "segment.webm", "--plot", "-"), "name a file"),
        ((*STUDY, "segment.webm", "--plot", "a.jpg"), "must end in .png"),
        ((*STUDY, "other.webm", "segment.webm", "--plot", "segment.webm"), "would overwrite"),
    ],
)
def test_wrong_usage_is_one_line_and_2(
    run: Run, here: Path, nothing_new: Watch, words: tuple[str, ...], why: str
) -> None:
    untouched = nothing_new(here)
    run(*words).complains(why, "--help", code=2)
    untouched()


def test_the_help_of_the_command_has_examples_that_fit_the_screen(run: Run) -> None:
    shown = run(*STUDY, "-h")
    assert shown == run(*STUDY, "--help")
    assert "    palantir study reference segment.webm\n" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100


def test_the_progress_bar_names_each_segment(run: Run, here: Path) -> None:
    shown = run(*STUDY, "segment.webm", "other.webm", "--progress")
    assert "segment.webm" in shown.err
    assert "other.webm" in shown.err


def test_the_plot_is_a_picture(run: Run, here: Path) -> None:
    pytest.importorskip("matplotlib")
    shown = run(*STUDY, "segment.webm", "--plot", "degrees.png")
    assert (shown.code, shown.err) == (0, "")
    assert "degrees.png" in shown.out
    with av.open(str(here / "degrees.png")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    assert min(picture.shape) > 400
    assert 0.001 < (picture < 128).mean() < 0.2  # ink
    run(*STUDY, "segment.webm", "--plot", "nowhere/a.png").complains("nowhere/a.png")


def test_without_matplotlib_the_plot_says_how_to_get_it_before_anything_is_read(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    run(*STUDY, "missing.webm", "--plot", "a.png").complains("pip install 'palantir-sr[plots]'")
    assert run(*STUDY, "segment.webm").code == 0


def test_the_halo_study_tells_what_its_json_tells(run: Run, here: Path) -> None:
    words = ("study", "halo", "segment.webm", "hr.mp4", "--halo", "2", "--every", "5")
    run(*words).complains("hr.mp4: its frames are 192x128, smaller than")
    make_clip(here / "large.mp4", codec="libx264", times=range(0, 1600, 40), size=(1024, 1024))
    facts = run(*words[:3], "large.mp4", *words[4:], "--json").json
    assert facts["radius"] == 8
    two, whole = facts["halos"]
    assert (two["halo"], whole["halo"], whole["cost"]) == (2, None, 1.0)
    assert two["cost"] > 1
    shown = run(*words[:3], "large.mp4", *words[4:]).out
    assert f"{two['psnr_y']:.3f}" in shown
    assert f"{two['psnr_y'] - whole['psnr_y']:+.3f}" in shown


def test_the_fidelity_study_tells_what_its_json_tells(run: Run, here: Path) -> None:
    words = ("study", "fidelity", "hr.mp4", "--frames", "4", "--nodes", "6", "--sets", "0", "-o")
    shown = run(*words, "out")
    assert (shown.code, shown.err) == (0, "")
    facts = run(*words, "out", "--json").json
    (paper,) = (
        one for one in facts if (one["group"], one["estimate"]) == ("single anchors", "paper")
    )
    assert paper["count"] == 6
    assert ["anchors", "6", "paper", f"{paper['rank_correlation']:+.2f}"] in [
        line.split()[1:5] for line in shown.out.splitlines()
    ]
    assert (
        (here / "out" / "fidelity.md")
        .read_text()
        .startswith(
            "Made by `palantir study fidelity hr.mp4 --frames 4 --nodes 6 --sets 0 -o out --json`."
        )
    )
    run(*words, "out", "--first", "other=3").complains("no clip is called 'other'", code=2)
    run(*words, "hr.mp4").complains("hr.mp4")


def test_the_fidelity_study_takes_a_grid_or_a_patch_size(run: Run, here: Path) -> None:
    words = ("study", "fidelity", "hr.mp4", "--frames", "4", "--nodes", "99", "--sets", "0", "-o")
    for option, value in (("--grid", "1x2"), ("--patch", "24x999")):  # LR is 48x32
        facts = run(*words, value, option, value, "--json").json
        singles = {one["count"] for one in facts if one["group"] == "single anchors"}
        assert singles <= {2 * 4, 2 * 5}  # an alt-ref may be among them
        with (here / value / "fidelity-sets.csv").open() as file:
            names = [line["set"] for line in csv.DictReader(file) if line["anchors"] == "1"]
        assert {name.split()[3] for name in names if " patch " in name} == {"0", "1"}
    run(*words, "out", "--grid", "1x2", "--patch", "9x9").complains("--grid and --patch", code=2)
