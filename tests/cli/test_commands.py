"""What each command does with good input, and that its JSON and its words tell the truth."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from palantir.cli import main
from palantir.graph import ErrorGraph
from palantir.media import VideoSource, read_frames
from palantir.models import shipped_model
from palantir.profile import CacheProfile
from tests.cli.conftest import FRAMES
from tests.cli.outcome import Run

COMMANDS = (
    "schedule", "enhance", "inspect", "encode", "quantize", "train", "fit-filters", "quality",
    "evaluate", "study", "doctor", "demo",
)  # fmt: skip


def test_version_is_the_installed_one(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"palantir {version('palantir-sr')}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(run: Run, flag: str) -> None:
    shown = run(flag)
    assert (shown.code, shown.err) == (0, "")
    listed = [line.split()[0] for line in shown.out.splitlines() if line.startswith("  ")]
    assert [word for word in listed if word in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_has_examples_a_line_each_that_fit_the_screen(run: Run, name: str) -> None:
    shown = run(name, "-h")
    assert shown == run(name, "--help")
    assert (shown.code, shown.err) == (0, "")
    examples = [line for line in shown.out.splitlines() if line.startswith(f"    palantir {name} ")]
    assert examples or name == "doctor"
    assert max(map(len, shown.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("options", "model"),
    [
        ([], "detail"),
        (["--reuse", "paper"], "paper"),
        (["--error-model", "paper"], "paper"),
        (["--reuse", "paper", "--error-model", "detail"], "detail"),
        (["--live", "--reuse", "paper"], "paper"),
    ],
)
def test_error_is_estimated_as_the_reuse_mode_wants_unless_told_otherwise(
    run: Run, folder: Path, tmp_path: Path, options: list[str], model: str
) -> None:
    segment = folder / "segment.webm"
    facts = run("schedule", segment, "-o", tmp_path / "a.pcp", "--json", *options).json
    graph = ErrorGraph.from_video(segment, error_model=model)
    assert facts["objective_before"] == pytest.approx(graph.objective())
    assert facts["parameters"]["error_model"] == model


def test_inspect_shows_the_segment_by_the_error_model_of_the_profile(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    segment, profile, named = folder / "segment.webm", tmp_path / "a.pcp", ""
    run("schedule", segment, "-o", profile, "--reuse", "paper", "--error-model", "detail")

    def texture() -> list[float]:
        nonlocal named
        shown = run("inspect", segment, "--profile", profile, "--json").json
        named = shown["error_model"]
        return [frame["texture"] for frame in shown["frames"]]

    def by(model: str) -> list[float]:
        graph = ErrorGraph.from_video(segment, error_model=model)
        return graph.texture.reshape(FRAMES, -1).sum(axis=1).tolist()  # type: ignore[no-any-return]

    assert texture() == pytest.approx(by("detail"))
    assert named == "detail"
    made = CacheProfile.load(profile)
    for parameters in ({}, {"error_model": "my.own"}, {"error_model": 1}):  # not known
        replace(made, parameters=parameters).save(profile)
        assert texture() == pytest.approx(by("paper"))
        assert named == "paper"
    replace(made, parameters={"error_model": "detail:0.01"}).save(profile)
    assert texture() == pytest.approx(by("detail:0.01")) != by("detail")


def test_schedule_writes_the_profile_beside_the_segment_and_tells_the_truth(
    run: Run, folder: Path
) -> None:
    (folder / "segment.pcp").unlink()
    facts = run("schedule", folder / "segment.webm", "--json").json
    profile = CacheProfile.load(folder / "segment.pcp")
    packets = [packet.data for packet in VideoSource(folder / "segment.webm").packets()]
    assert profile.segment_sha256 == hashlib.sha256(b"".join(packets)).digest()
    assert facts["parameters"] == profile.parameters
    assert (facts["selector"], profile.budget) == (profile.selector, facts["anchors"])
    assert facts["profile"] == str(folder / "segment.pcp")
    assert facts["profile_bytes"] == (folder / "segment.pcp").stat().st_size
    assert facts["anchors"] == np.count_nonzero(profile.anchors)
    assert facts["patches"] == profile.anchors.size
    assert (facts["coded_frames"], facts["shown_frames"]) == (FRAMES, profile.shown.sum())
    assert facts["objective_before"] == profile.estimated_before
    assert facts["objective_after"] == profile.estimated_after < profile.estimated_before


def test_schedule_takes_grid_patch_budget_interval_and_selector(run: Run, folder: Path) -> None:
    segment, one, two = folder / "segment.webm", folder / "1.pcp", folder / "2.pcp"
    common = ("--budget", "3", "--interval", "6")
    assert run("schedule", segment, "-o", one, "--grid", "3x4", *common).code == 0
    exact = ("--patch", "16x16", "--selector", "sequential", *common)
    assert run("schedule", segment, "-o", two, *exact).code == 0
    first, second = CacheProfile.load(one), CacheProfile.load(two)
    assert str(first.grid) == str(second.grid) == "3x4"
    assert (first.anchors == second.anchors).all()
    assert [first.anchors[:6].sum(), first.anchors[6:].sum()] == [3, 3]


def test_schedule_of_a_patch_of_one_pixel_works_on_a_tiny_frame(run: Run, folder: Path) -> None:
    facts = run("schedule", folder / "other.webm", "--patch", "1x1", "--budget", "5", "--json").json
    assert facts["patches"] == 5 * 64 * 48


@pytest.mark.parametrize("name", ["sr.mp4", "sr.mkv", "sr.webm", "sr.y4m"])
def test_enhance_writes_every_frame_four_times_as_large(run: Run, folder: Path, name: str) -> None:
    facts = run("enhance", folder / "segment.webm", "-o", folder / name, "--json").json
    assert (facts["frames"], facts["width"], facts["height"]) == (FRAMES, 256, 192)
    frames = list(read_frames(folder / name))
    assert len(frames) == FRAMES
    assert frames[0][0].shape == (192, 256)
    assert 0 < facts["network_cost"] <= 1
    if not name.endswith("y4m"):
        with av.open(str(folder / name)) as container:
            assert container.streams.audio[0].codec_context.name == "opus"


def test_enhance_takes_the_shipped_network_of_the_scale_asked_for(run: Run, folder: Path) -> None:
    words = ("enhance", folder / "segment.webm", "-o", folder / "sr.mp4", "--json")
    assert run(*words, "--scale", "2").json["width"] == 128
    run(*words, "--scale", "3").complains("no network is shipped for x3: there are x2 and x4")
    other = ("--model", shipped_model(2), "--scale", "4")
    run(*words, *other).complains("detail-x2.onnx: enlarges 2 times, not 4 times")
    assert run(*words, *other[:2]).json["width"] == 128


def test_enhance_without_a_profile_says_how_to_make_one(run: Run, folder: Path) -> None:
    (folder / "segment.pcp").unlink()
    run("enhance", folder / "segment.webm", "-o", folder / "sr.mp4").complains(
        "segment.pcp", "palantir schedule"
    )


def test_enhance_pipes_y4m_and_speaks_on_standard_error(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["enhance", str(folder / "segment.webm"), "-o", "-"])
    printed = capfdbinary.readouterr()
    assert ended.value.code == 0
    assert printed.out.startswith(b"YUV4MPEG2 W256 H192 ")
    assert printed.out.count(b"FRAME\n") == FRAMES
    assert f"{FRAMES} frames of 256x192".encode() in printed.err


def test_encode_quarters_the_size_and_makes_vp9(run: Run, folder: Path) -> None:
    facts = run("encode", folder / "hr.mp4", "-o", folder / "lr.webm", "--json").json
    source = VideoSource(folder / "lr.webm")
    assert (source.width, source.height) == (48, 32) == (facts["width"], facts["height"])
    assert facts["frames"] == FRAMES == len(list(read_frames(folder / "lr.webm")))
    assert facts["bytes"] == (folder / "lr.webm").stat().st_size
    assert (source.colour.matrix, source.has_audio) == ("bt709", True)


def test_encode_takes_a_part(run: Run, folder: Path) -> None:
    part = ("--start", "3", "--frames", "4", "--scale", "2")
    assert run("encode", folder / "hr.mp4", "-o", folder / "lr.webm", *part).code == 0
    assert [f[0].shape for f in read_frames(folder / "lr.webm")] == [(64, 96)] * 4


def test_quality_of_a_clip_against_itself_is_perfect(run: Run, folder: Path) -> None:
    same = run("quality", folder / "hr.mp4", folder / "hr.mp4")
    assert (same.code, same.err) == (0, "")
    row = same.out.splitlines()[-1].split()
    assert row == ["mean", "of", str(FRAMES), "100.00", "100.00", "1.0000"]
    facts = run("quality", folder / "hr.mp4", folder / "hr.mp4", "--no-ssim", "--json").json
    assert (facts["frames"], facts["psnr_y"], facts["ssim"]) == (FRAMES, 100, None)
    every = run("quality", folder / "hr.mp4", folder / "hr.mp4", "--frames", "--no-ssim").out
    assert [line.split()[0] for line in every.splitlines()[-FRAMES - 1 : -1]] == [
        str(index) for index in range(FRAMES)
    ]


def test_quality_refuses_other_sizes_and_lengths(run: Run, folder: Path) -> None:
    run("quality", folder / "hr.mp4", folder / "segment.webm").complains("192x128", "64x48")
    run("quality", folder / "segment.webm", folder / "other.webm").complains("after 5 frames")


def test_inspect_of_a_profile_shows_what_is_in_it(run: Run, folder: Path) -> None:
    facts = run("inspect", folder / "segment.pcp", "--json").json
    profile = CacheProfile.load(folder / "segment.pcp")
    assert (facts["grid"], facts["anchors"]) == (str(profile.grid), profile.anchors.sum())
    listed = {frame["frame"]: frame["anchors"] for frame in facts["frames"]}
    assert listed == {
        t: flags.nonzero()[0].tolist() for t, flags in enumerate(profile.anchors) if flags.any()
    }
    assert f"anchors: {profile.anchors.sum()}\n" in run("inspect", folder / "segment.pcp").out


def test_inspect_of_a_segment_lists_its_coded_frames_in_80_columns(run: Run, folder: Path) -> None:
    facts = run("inspect", folder / "segment.webm", "--json").json
    packets = list(VideoSource(folder / "segment.webm").packets())
    assert [frame["bytes"] for frame in facts["frames"]] == [len(p.data) for p in packets]
    assert [frame["type"] for frame in facts["frames"]] == ["key"] + ["inter"] * (FRAMES - 1)
    assert facts["frames"][0]["references"] == []
    shown = run("inspect", folder / "segment.webm").out.splitlines()
    assert len([line for line in shown if line.startswith(" ")]) >= FRAMES
    assert "…" not in "".join(shown)
    assert max(len(line) for line in shown if "sha256" not in line and "segment" not in line) <= 80


def test_inspect_draws_texture_influence_and_anchors(run: Run, folder: Path) -> None:
    image = folder / "trace.png"
    with_anchors = ("--image", image, "--profile", folder / "segment.pcp")
    assert run("inspect", folder / "segment.webm", *with_anchors).code == 0
    profile = CacheProfile.load(folder / "segment.pcp")
    with av.open(str(image)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    cell = picture.shape[1] // FRAMES
    patches = profile.grid.count
    assert cell >= 8  # large enough to be seen
    assert picture.shape[0] == cell * (4 + 3 * patches)
    yellow = (picture[cell // 2 :: cell, cell // 2 :: cell] == (255, 215, 0)).all(axis=2)
    assert (profile.anchors == yellow[-patches:].T).all()
    assert yellow[0].tolist() == [True] + [False] * (FRAMES - 1)  # the key frame's mark


def test_inspect_of_a_model_knows_it_by_its_content(run: Run, folder: Path) -> None:
    from palantir.models import shipped_model

    (folder / "network").write_bytes(shipped_model().read_bytes())
    facts = run("inspect", folder / "network", "--json").json
    assert (facts["scale"], facts["colour"], facts["output"]) == (4, "luma", "detail")
    assert facts["bytes"] == shipped_model().stat().st_size
    assert "scale: 4\n" in run("inspect", folder / "network").out


def test_demo_runs_the_chain_on_a_short_clip(run: Run, folder: Path) -> None:
    from tests.media.clips import make_clip

    clip = make_clip(folder / "c.mp4", codec="libx264", times=range(0, 800, 40), size=(192, 128))
    part = ("--start", "0", "--frames", "20", "-o", folder / "out")
    facts = run("demo", clip, *part, "--json").json
    names = [row["name"] for row in facts["rows"]]
    assert (names[0], names[1], names[-1]) == ("bilinear", "bicubic", "per-frame SR")
    for made in ("lr", "profile", "video", "picture"):
        assert Path(facts[made]).stat().st_size
    table = run("demo", clip, *part).out
    assert "per-frame SR" in table
    assert max(map(len, table.splitlines())) <= 100 + len(str(folder))


def test_demo_refuses_a_clip_that_is_too_short(run: Run, folder: Path) -> None:
    run(
        "demo", folder / "hr.mp4", "--start", "0", "--frames", "20", "-o", folder / "out"
    ).complains("hr.mp4", f"only {FRAMES} of 20 frames")
    assert not list((folder / "out").iterdir())


@pytest.mark.parametrize(
    "name",
    ["a b.webm", "größe 日本.webm", "-dash.webm", "http:x.webm", "new\nline.webm", "\udcff.webm"],
)
def test_any_file_name_will_do(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "segment.webm").rename(name)
    (folder / "segment.pcp").unlink()
    assert run("schedule", "--", name).code == 0
    assert run("enhance", "-o", "sr.y4m", "--", name).code == 0
    assert run("inspect", "--json", "--", name).json["segment"] == name
    Path(name).unlink()
    run("inspect", "--", name).complains("No such file")


def test_json_is_one_line(run: Run, folder: Path) -> None:
    out = run("inspect", folder / "segment.webm", "--json").out
    assert out.endswith("\n")
    assert out.count("\n") == 1
    json.loads(out)


def test_quantize_writes_an_int8_network_that_enhance_takes(run: Run, folder: Path) -> None:
    from palantir.models import SRNetwork, shipped_model

    (folder / "net.onnx").write_bytes(shipped_model().read_bytes())
    common = ("quantize", folder / "net.onnx", "--clip", folder / "segment.webm")
    facts = run(*common, "--patches", "8", "--fidelity", "30", "--json").json
    made = folder / "net-int8.onnx"
    assert facts["output"] == str(made)
    assert (facts["convolutions"], facts["float"], facts["patches"]) == (8, [], 8)
    assert facts["bytes"] == made.stat().st_size
    assert facts["fidelity"] >= 30
    notes = SRNetwork.load(made).describe()["notes"]
    assert isinstance(notes, dict)
    assert "segment.webm, SHA-256 " in notes["quantised.calibration"]
    enhancing = ("enhance", folder / "segment.webm", "--model", made, "-o", folder / "sr.mp4")
    assert run(*enhancing, "--json").json["frames"] == FRAMES


def test_enhance_names_the_providers_there_are(run: Run, folder: Path) -> None:
    enhance = ("enhance", folder / "segment.webm", "-o", folder / "sr.y4m", "--provider")
    run(*enhance, "tpu").complains("tpu: not in this build", "cpu")
    assert run(*enhance, "cpu").code == 0


def test_evaluate_compares_selectors_and_keeps_what_it_measured(run: Run, folder: Path) -> None:
    call = ("evaluate", folder / "hr.mp4", "-o", folder / "out", "--frames", "6", "--first", "hr=3",
            "--budget", "1/4", "--selector", "adjoint", "--selector", "random")  # fmt: skip
    found = run(*call, "--json").json
    assert [one["method"] for one in found] == [None] * 3 + ["all", "none", "adjoint", "random"]
    assert {(one["clip"], one["first"], one["frames"]) for one in found} == {("hr", 3, 6)}
    assert all(0 < one["cost"] <= 0.25 for one in found[5:])
    measured = (folder / "out" / "measured.jsonl").read_bytes()
    shown = run(*call)
    assert (shown.code, shown.err) == (0, "")
    assert "Against each baseline" in shown.out
    assert (folder / "out" / "measured.jsonl").read_bytes() == measured
    assert f"{found[5]['psnr_y'] - found[1]['psnr_y']:+.3f}" in shown.out
    assert "| adjoint |" in (folder / "out" / "summary.md").read_text()
