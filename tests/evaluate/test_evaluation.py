"""An evaluation measures what enhancing by profile gives, once, and goes on where it was."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

import palantir
from palantir.enhance.measured import MeasuredModel
from palantir.errors import MediaError, ModelError, ScheduleError
from palantir.evaluate import evaluation, runs
from palantir.evaluate.evaluation import evaluate
from palantir.evaluate.question import GridWish, Method, NetworkWish, Question
from palantir.evaluate.results import Results
from palantir.evaluate.summary import summarise
from palantir.graph import ErrorGraph
from palantir.graph.error_models import DetailModel
from palantir.media import encode_lr
from palantir.models.filter_bank import CLASSES, TAPS, FilterBank, attach
from palantir.profile import CacheProfile
from palantir.quality import compare
from palantir.schedule import CostShare, select
from tests.enhance.networks import convolutions, silent
from tests.enhance.streams import QUICK, encode, moving_picture

FRAMES, SCALE, FIRST = 8, 2, 2
BUDGETS = (Fraction(1, 10), Fraction(1, 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips and networks for them."""
    folder = tmp_path_factory.mktemp("evaluation")
    for seed, name in enumerate(("one_128p25", "two_128p25"), 1):
        pictures = (moving_picture(i, 160, 128, seed) for i in range(FRAMES + FIRST))
        encode(folder / f"{name}.webm", pictures, options=QUICK, bitrate=2_000_000)
    convolutions(folder, SCALE, 1, value_range="limited").path.rename(folder / "one-net.onnx")
    shutil.copy(silent(folder, SCALE).path, folder / "two-net.onnx")
    return folder


@contextmanager
def silently(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


def question(folder: Path, **changed: object) -> Question:
    values: dict[str, object] = {
        "clips": sorted(folder.glob("*.webm")),
        "networks": [NetworkWish(str(folder / "{clip}-net.onnx"))],
        "every_frame": [NetworkWish(str(folder / f"silent{SCALE}.onnx"))],
        "selectors": ("adjoint", "neuroscaler", "nemo"),
        "ablations": True,
        "budgets": BUDGETS,
        "grids": (GridWish(), GridWish(patch=(16, 16))),
        "reuse": ("detail", "paper"),
        "frames": {"": FRAMES + 9, "one": FRAMES, "two": FRAMES},
        "first": {"": FIRST},
        "rates": (Fraction(2), Fraction(1), Fraction(2)),
    } | changed
    return Question(**values)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return evaluate(question(folder), folder / "out", silently).results


def test_results_are_those_of_enhancing_by_profile(
    folder: Path, results: Results, tmp_path: Path
) -> None:
    lr, hr = tmp_path / "lr.webm", folder / "one_128p25.webm"
    encode_lr(hr, lr, SCALE, start=FIRST, frames=FRAMES)
    originals = [planes for i, planes in enumerate(palantir.media.read_frames(hr)) if i >= FIRST]
    network = palantir.models.SRNetwork.load(folder / "one-net.onnx")
    assert network.halo is not None
    for reuse, grid, wish in (
        ("detail", None, "default"),
        ("paper", None, "default"),
        ("detail", (4, 5), "16x16 px"),
    ):
        graph = ErrorGraph.from_video(lr, grid, error_model=reuse)
        picks = select(graph, CostShare(BUDGETS[1], network.halo), interval="gop")
        profile = CacheProfile.from_selection(graph, picks, reuse)
        enhanced = palantir.enhance(lr, profile, network)
        quality = compare(originals, (frame.planes for frame in enhanced), with_ssim=False)
        found = results.one(
            clip="one", network="net", reuse=reuse, grid=wish, budget=BUDGETS[1],
            method=Method("adjoint"),
        )  # fmt: skip
        assert found is not None
        assert found.psnr_y == pytest.approx(quality.psnr_y, abs=1e-5)
        assert found.psnr_yuv == pytest.approx(quality.psnr_yuv, abs=1e-5)
        assert found.cost == enhanced.cost.share <= BUDGETS[1]
        assert found.anchors == len(picks) > 0
        assert found.frames == FRAMES


def test_anchors_are_chosen_by_what_a_judge_wins(folder: Path, tmp_path: Path) -> None:
    """As by a graph that is measured by hand; on the first grid and in the first mode only."""
    judge = silent(tmp_path, SCALE)  # which wins over random filters
    weights = np.random.default_rng(0).integers(-60, 61, (CLASSES, len(TAPS), SCALE, SCALE))
    bank, player = FilterBank(weights.astype(np.int16)), tmp_path / "player.onnx"
    player.write_bytes(attach((folder / "two-net.onnx").read_bytes(), bank, "two-net.onnx"))
    asked = question(
        folder, selectors=("adjoint", "neuroscaler"), judge=NetworkWish(str(judge.path)),
        error_models=("own", "measured"), rates=(), clips=[folder / "two_128p25.webm"], frames={},
        networks=[NetworkWish(str(player))],
    )  # fmt: skip
    found = evaluate(asked, tmp_path / "out", silently, pictures=True)
    measured = Method("adjoint", "measured")
    assert str(measured) == "adjoint (measured)"
    chosen = found.results.where(method=measured)
    assert [one.budget for one in chosen] == list(BUDGETS)
    assert {(one.grid, one.reuse) for one in chosen} == {("default", "detail")}
    assert not found.results.where(method=Method("adjoint", "measured", "weight"))
    tables = [str(table) for table in summarise(found.results, tmp_path).tables]
    assert any("adjoint (measured) - neuroscaler" in table for table in tables)

    (lr,) = (tmp_path / "out" / "lr").glob("two*.webm")
    hr = palantir.media.read_frames(folder / "two_128p25.webm")
    model = MeasuredModel(judge, islice(hr, FIRST, None), filters=bank)
    graph = ErrorGraph.from_video(lr, error_model=model)
    halo = palantir.models.SRNetwork.load(player).halo
    assert halo is not None
    for one in chosen:
        assert one.budget is not None
        picks = select(graph, CostShare(one.budget, halo), interval="gop")
        assert one.anchors == len(picks)
        assert one.estimate == pytest.approx(graph.objective(picks.order) / graph.objective())


def test_a_judge_of_another_scale_is_refused(folder: Path, tmp_path: Path) -> None:
    judge = NetworkWish(str(palantir.models.shipped_model(4)))
    asked = question(folder, judge=judge, error_models=("measured",))
    with pytest.raises(ModelError, match="networks enlarge 2 and 4 times"):
        evaluate(asked, tmp_path / "out", silently)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reuse": ("paper",), "error_models": ("measured",)}, "is of detail reuse, not paper"),
        ({"judge": NetworkWish("a.onnx")}, "a judge goes with error model measured"),
        ({"error_models": ("measure",)}, "is none of: own, detail, paper, measured"),
    ],
)
def test_measuring_that_makes_no_sense_is_refused(
    folder: Path, changed: dict[str, object], told: str
) -> None:
    with pytest.raises(ScheduleError, match=told):
        question(folder, **changed)


def test_what_cannot_be_measured_is_estimated(folder: Path) -> None:
    asked = question(folder, selectors=("adjoint", "texture"), error_models=("measured",))
    assert [str(method) for method in asked.methods] == [
        "adjoint (measured)", "texture", "adjoint without weight", "adjoint without texture",
    ]  # fmt: skip


def test_everything_asked_for_is_there(results: Results) -> None:
    assert results.different("clip") == ["one", "two"]
    one = results.where(clip="one", network="net")
    main = one.where(grid="default", reuse="detail", budget=BUDGETS[0])
    named = ["adjoint", "neuroscaler", "nemo", "adjoint without weight", "adjoint without texture"]
    assert [str(result.method) for result in main] == named
    other_mode = one.where(grid="default", reuse="paper", budget=BUDGETS[0])
    assert [str(r.method) for r in other_mode] == ["adjoint", "neuroscaler"]
    other_grid = one.where(grid="16x16 px", reuse="detail", budget=BUDGETS[0])
    assert [str(r.method) for r in other_grid] == ["adjoint"]
    assert results.per_frame("one", "net").cost == 1
    plain = results.where(clip="one", network="", reuse="bicubic")
    assert [result.rate for result in plain] == [1, 2]
    doubled = results.one(clip="one", reuse="bicubic", rate=2)
    assert doubled is not None
    assert doubled.kilobits > results.plain("one", "bicubic").kilobits


def test_a_network_that_adds_nothing_is_plain_upscaling(results: Results) -> None:
    """Bicubic where the network was, and U elsewhere."""
    bicubic, sharp = (results.plain("two", kernel).psnr_y for kernel in ("bicubic", "sharp"))
    assert results.per_frame("two", "net").psnr_y == bicubic != sharp
    detail = results.where(clip="two", network="net", reuse="detail")
    assert len(detail) > 10
    low, high = sorted((bicubic, sharp))
    assert all(low - 0.05 < one.psnr_y < high + 0.05 for one in detail)


def test_a_fade_is_that_of_the_enhancer(folder: Path, results: Results, tmp_path: Path) -> None:
    faded = question(folder, reuse=("detail:3",), selectors=("adjoint",), grids=[GridWish()])
    found = evaluate(faded, folder / "out", silently).results
    one = found.one(clip="one", method=Method("adjoint"), budget=BUDGETS[1])
    same = results.one(clip="one", method=Method("adjoint"), budget=BUDGETS[1], reuse="detail")
    assert one is not None
    assert same is not None
    assert one.anchors == same.anchors
    assert one.psnr_y != same.psnr_y
    assert found.upscaled("one", "net") is not None  # U whatever the mode
    for mode in ("detail:", "detail:0", "paper:3", "detail:nan", "all"):
        with pytest.raises(ScheduleError, match="reuse mode"):
            question(folder, reuse=(mode,))


def test_anchors_are_chosen_by_the_error_model_of_the_fade(
    folder: Path, results: Results, tmp_path: Path
) -> None:
    fades = question(folder, reuse=("detail", "detail:0.01"), selectors=("adjoint", "key-uniform"))
    found = evaluate(fades, folder / "out", silently).results
    lr = tmp_path / "lr.webm"
    encode_lr(folder / "one_128p25.webm", lr, SCALE, start=FIRST, frames=FRAMES)
    graph = ErrorGraph.from_video(lr, error_model=DetailModel(0.01))
    halo = palantir.models.SRNetwork.load(folder / "one-net.onnx").halo
    assert halo is not None
    picks = select(graph, CostShare(BUDGETS[1], halo), interval="gop")
    one = found.one(
        clip="one", method=Method("adjoint"), budget=BUDGETS[1], reuse="detail:0.01", network="net"
    )
    assert one is not None
    assert one.estimate == pytest.approx(picks.total[-1] / picks.total[0])
    by_default = found.one(
        clip="one", method=Method("adjoint"), budget=BUDGETS[1], reuse="detail", network="net",
        grid="default",
    )  # fmt: skip
    assert by_default is not None
    assert one.estimate != by_default.estimate


def test_selectors_that_see_no_graph_have_no_error_model(folder: Path) -> None:
    asked = question(folder, error_models=("paper", "own"), ablations=False)
    assert [str(method) for method in asked.methods] == [
        "adjoint (paper)", "adjoint", "neuroscaler", "nemo"
    ]  # fmt: skip
    for name in ("papers", "detail:nil"):
        with pytest.raises(
            ScheduleError, match=f"error model '{name}' is none of: own, detail, paper"
        ):
            question(folder, error_models=(name,))


def test_a_second_call_measures_nothing(folder: Path, results: Results) -> None:
    lengths: dict[str, int | None] = {}

    @contextmanager
    def steps(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
        lengths[title] = total
        yield lambda done: None

    kept = (folder / "out" / "measured.jsonl").read_bytes()
    again = evaluate(question(folder), folder / "out", steps).results
    assert [one.to_dict() for one in again] == [one.to_dict() for one in results]
    assert lengths["enhance and measure (megapixels)"] == 0
    assert (folder / "out" / "measured.jsonl").read_bytes() == kept


def test_what_nemo_measured_is_of_one_mode_and_engine(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluated(reuse: str) -> set[str]:
        small = question(
            folder, clips=[folder / "one_128p25.webm"], selectors=("nemo",), every_frame=(),
            ablations=False, grids=[GridWish()], reuse=(reuse,), frames={"": 4}, rates=(),
        )  # fmt: skip
        evaluate(small, tmp_path, silently)
        return {path.name for path in tmp_path.glob("nemo-*.npy")}

    assert len(evaluated("detail")) == len(evaluated("detail")) == 1
    assert len(evaluated("detail:9")) == 2
    monkeypatch.setattr(evaluation, "enhancing_mark", lambda *_: "another")
    (new,) = {name for name in evaluated("detail:9") if "another" in name}
    kept = tmp_path / new
    for data in (b"", kept.read_bytes()[:-2], kept.read_bytes()[:20]):
        kept.write_bytes(data)
        with pytest.raises(MediaError, match=rf"{new}: cannot be read"):
            evaluated("detail:9")


def test_another_engine_measures_anew(
    folder: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = len((folder / "out" / "measured.jsonl").read_text().splitlines())
    monkeypatch.setattr(runs, "enhancing_mark", lambda *_: "another")
    small = question(folder, selectors=("adjoint",), grids=[GridWish()], ablations=False)
    again = evaluate(small, folder / "out", silently).results
    assert len((folder / "out" / "measured.jsonl").read_text().splitlines()) > lines
    for one in again.where(method=Method("adjoint"), reuse="detail"):
        same = results.one(clip=one.clip, method=one.method, reuse="detail", budget=one.budget)
        assert same is not None
        assert one.psnr_y == same.psnr_y


def test_the_table_of_results_is_a_csv_file(folder: Path) -> None:
    results = evaluate(question(folder), folder / "out", silently).results
    with (folder / "out" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["psnr_y"]) for row in rows] == [one.psnr_y for one in results]
    assert rows[-1].keys() == results[0].to_dict().keys()


def test_tables_name_every_method_and_clip(folder: Path, results: Results) -> None:
    summary = summarise(results, folder / "out")
    text = "\n".join(table.markdown() for table in summary.tables)
    for name in ("nemo", "adjoint without weight", "16x16 px", "| two |", "one, 8 from 2",
                 "Equal compute: silent2 on every frame, and net"):  # fmt: skip
        assert name in text
    assert all(len(row) == len(t.headings) for t in summary.tables for row in t.rows)


def test_crops_are_drawn_of_each_clip(folder: Path, results: Results) -> None:
    found = evaluate(question(folder), folder / "out", silently, pictures=True)
    assert [path.name for path, _ in found.pictures] == ["one-net.png", "two-net.png"]
    with av.open(str(folder / "out" / "one-net.png")) as picture:
        rgb = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert rgb.shape == (128, 5 * 160 + 4 * 8, 3)  # panels as large as the clip, which is small
    hr, bicubic, _, ours, whole = (rgb[:, i * 168 : i * 168 + 160] for i in range(5))
    assert np.abs(bicubic - hr).mean() > 1
    assert np.abs(whole - bicubic).mean() > np.abs(ours - bicubic).mean() > 0.5


def test_what_cannot_be_evaluated_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ScheduleError, match="no selectors"):
        question(folder, selectors=())
    with pytest.raises(ScheduleError, match="budget 2 is not a share"):
        question(folder, budgets=(Fraction(2),))
    gone = question(
        folder, clips=[folder / "gone.mp4"], networks=[NetworkWish()], every_frame=(), frames={}
    )
    with pytest.raises(MediaError, match=r"gone\.mp4"):
        evaluate(gone, tmp_path, silently)
    mixed = [NetworkWish(str(folder / "one-net.onnx")), NetworkWish()]
    with pytest.raises(ModelError, match="networks enlarge 2 and 4 times"):
        evaluate(question(folder, networks=mixed), tmp_path, silently)
    with pytest.raises(ScheduleError, match="selector 'best' is none of"):
        question(folder, selectors=("best",))
    for name in ("frames", "first"):
        with pytest.raises(ScheduleError, match="no clip is called 'tow', only one, two"):
            question(folder, **{name: {"": 3, "tow": 5}})
    with pytest.raises(ScheduleError, match="ablations are compared with adjoint"):
        question(folder, selectors=("gain-per-cost",))
    with pytest.raises(ScheduleError, match="several networks would be called net"):
        question(folder, every_frame=[NetworkWish("other/net.onnx")])
