"""What `bench results` makes of figures, and of what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bench.__main__ import bench as bench_commands
from bench.report import Report
from bench.results import run
from bench.results.clock import Clock
from bench.results.extent import Extent, Film, Stretch
from bench.results.given import given_networks
from bench.results.pictures import draw_estimates, draw_two_networks
from bench.results.run import PARTS, Part, run_parts
from bench.results.workbench import Found, LackingError, Workbench
from palantir.evaluate.question import Question
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table
from tests.evaluate.test_tables import BASE, made

DOG = Path("dog_720p30.mp4")
JUDGING = ("fitted", "large", "compute", "rate", "fidelity")
FEW = (Fraction(1, 60), Fraction(1, 20))


def bench_of(folder: Path, clips: tuple[Path, ...] = ()) -> Workbench:
    stretch = Stretch(clips, 3, 2)
    extent = Extent(
        fitted=stretch, large=stretch, given=stretch, models=[], selectors=["gain-per-cost"],
        budgets=FEW, more=FEW, few=FEW, patches=[], rates=[], nodes=1, sets=1,
        film=Film((64, 48), 2, 128),
    )  # fmt: skip
    return Workbench(extent, folder, None, 1.0)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""
    now = [100.0]
    monkeypatch.setattr("bench.results.clock.time.monotonic", lambda: now[0])

    def passing(seconds: float) -> None:
        now[0] += seconds

    return passing


def test_a_part_takes_as_long_as_its_interrupted_runs_and_the_one_that_ends_it(
    tmp_path: Path, wait: Callable[[float], None]
) -> None:
    file = tmp_path / "times.json"

    def interrupted() -> None:
        with Clock(file).timing("one"):
            wait(5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Clock(file).seconds("one") is None
    with Clock(file).timing("one"):
        wait(3)
    assert Clock(file).seconds("one") == 8
    with Clock(file).timing("one"):  # everything is kept
        wait(1)
    assert Clock(file).seconds("one") == 8
    with Clock(file).timing("one"):
        wait(9)
    assert Clock(file).seconds("one") == 9


def test_damaged_times_are_told(tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    for text in ("", "[", "{}", "[1, 2]", '[{"one": "x"}, {}]'):
        file.write_text(text)
        with pytest.raises(click.ClickException, match=r"times.json: damaged"):
            Clock(file)


# Method, grid, mode, PSNR-Y at 1/60 and at 1/20.
WAYS = (
    ("adjoint", "3x5", "detail", 31.5, 31.7),
    ("adjoint", "3x5", "paper", 30.5, 30.75),
    ("adjoint", "default", "detail", 31.6, 31.8),
    ("adjoint", "default", "paper", 30.6, 30.8),
    ("gain-per-cost", "default", "detail", 32.0, 32.1),
    ("gain-per-cost", "default", "paper", 31.1, 31.2),
    ("neuroscaler", "default", "detail", 31.3, 31.4),
    ("neuroscaler", "default", "paper", 30.1, 30.2),
)


def some_results(clip: str, shift: float) -> Iterator[Result]:
    """Bicubic at 31 dB plus `shift`, per-frame SR 1.5 dB above it, and each way."""
    for kernel, psnr in (("bilinear", 30.0), ("bicubic", 31.0), ("sharp", 31.2)):
        yield replace(BASE, clip=clip, reuse=kernel, psnr_y=psnr + shift)
    yield made("all", None, 32.5 + shift, clip=clip, network="shipped")
    for method, grid, mode, *reached in WAYS:
        for budget, psnr in zip(FEW, reached, strict=True):
            yield made(
                method, budget, psnr + shift, clip=clip, network="shipped", grid=grid, reuse=mode
            )


def test_given_networks_are_compared_by_number_and_by_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Question] = []

    def measure(self: Workbench, *questions: Question) -> Results:
        asked.extend(questions)
        known = [
            one for clip, shift in (("a", 0.0), ("b", 1.0)) for one in some_results(clip, shift)
        ]
        return Results(
            one for question in questions for one in known
            if one.budget is None
            or (str(one.method) in question.selectors and one.grid == str(question.grids[0]))
        )  # fmt: skip

    monkeypatch.setattr(Workbench, "measure", measure)
    found = given_networks(bench_of(tmp_path, (Path("a.mp4"), Path("b.mp4"))))
    assert [(one.by, str(one.grids[0])) for one in asked] == [
        ("area", "3x5"), ("area", "default"), ("cost", "default"),
    ]  # fmt: skip
    of_paper, of_default, by_cost = found.tables
    row = dict(zip(of_paper.headings, of_paper.rows[1], strict=True))
    assert (row["clip"], row["bilinear"], row["bicubic"]) == ("b", "-1.00", "32.00")
    assert row["sharp"] == "+0.20"
    assert (row["every patch"], row["detail 1/60"]) == ("+1.50", "+0.50 (+0.00)")
    assert row["paper 1/20"] == "-0.25 (+0.00)"
    mean = dict(zip(of_default.headings, of_default.rows[2], strict=True))
    assert (mean["clip"], mean["bicubic"], mean["detail 1/20"]) == ("mean", "31.50", "+0.80")
    row = dict(zip(by_cost.headings, by_cost.rows[0], strict=True))
    assert row["gain-per-cost, detail 1/60"] == "+1.00"
    assert row["gain-per-cost, paper 1/20"] == "+0.20"
    assert row["neuroscaler, detail 1/20"] == "+0.40"
    assert row["neuroscaler, paper 1/60"] == "-0.90"


@pytest.mark.parametrize(
    ("name", "clips", "what"),
    [
        ("networks", (), "PALANTIR_DATA must name a data folder"),
        ("networks", (DOG,), "dog-m10c32.onnx is not there, and to fit it takes torch"),
        *((name, (), "PALANTIR_DATA must name") for name in JUDGING),
        *((name, (DOG,), "dog-m10c32.onnx is not there: --part networks") for name in JUDGING),
        ("given", (), "PALANTIR_DATA must name a data folder"),
        ("photograph", (), "seeding_48p25.mp4 is not there, and to film it takes torch"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    clips: tuple[Path, ...],
    what: str,
) -> None:
    for module in ("fitting", "given"):
        monkeypatch.setattr(f"bench.results.{module}.find_spec", lambda name: None)
    (part,) = (part for part in PARTS if part.name == name)
    with pytest.raises(LackingError) as error:
        part.run(bench_of(tmp_path, clips))
    assert what in error.value.message
    assert "\n" not in error.value.message


def of(name: str, cell: str) -> Part:
    table = Table("Figures", ["", "dB"], [["one", cell]])
    return Part(name, f"All of {name}", lambda bench: Found([table], [{"psnr": cell}]))


def lacking(bench: Workbench) -> Found:
    raise LackingError("nothing there")


def test_each_part_is_a_section_of_its_own_and_what_cannot_be_run_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: Callable[[float], None]
) -> None:
    parts = (of("first", "1.00"), Part("second", "Never", lacking), of("third", "3.00"))
    monkeypatch.setattr(run, "PARTS", parts)
    file, bench = tmp_path / "results.md", bench_of(tmp_path)
    file.write_text("# By hand\n\nBefore.\n")
    run_parts(bench, parts, file, leave_out=True)
    text = file.read_text()
    assert text.startswith("# By hand\n\nBefore.\n\n<!-- begin of: bench results first -->\n")
    assert "## All of first\n\nMade by `python -m bench results --part first` in " in text
    assert "| one | 3.00 |" in text
    assert "Never" not in text
    assert "| all 2 |" in text
    with pytest.raises(LackingError, match="nothing there"):
        run_parts(bench, parts, file, leave_out=False)
    run_parts(bench, [of("first", "1.25")], file, leave_out=False)
    assert file.read_text().replace("1.25", "1.00") == text  # its section alone is another


@pytest.mark.parametrize("cell", ["nan", "+inf", "3.00 (nan)"])
def test_a_figure_that_is_no_number_ends_the_run(tmp_path: Path, cell: str) -> None:
    with pytest.raises(click.ClickException, match="part first: not finite"):
        run_parts(bench_of(tmp_path), [of("first", cell)], tmp_path / "a.md", leave_out=True)
    assert not (tmp_path / "a.md").exists()


def test_a_title_and_a_time_are_said_only_where_there_are_some(tmp_path: Path) -> None:
    Report("one", "command", [], {}).publish(tmp_path / "a.md", None)
    assert "-->\nMade by `command`.\n" in (tmp_path / "a.md").read_text()


def test_pictures_show_both_networks_and_each_kind_of_anchor(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ways = [made(name, budget, psnr) for name, psnr in (("tiers", 32.0), ("net alone", 31.5))
            for budget in FEW]  # fmt: skip
    draw_two_networks(Results([BASE, *ways]), tmp_path / "tiers.svg")
    text = (tmp_path / "tiers.svg").read_text()
    assert all(f">{words}</text>" in text for words in ("made", "tiers", "net alone", "1/20"))
    sets = tmp_path / "sets.csv"
    sets.write_text(
        "clip,reuse,group,set,mse,detail,paper\n"
        "made,detail,of key frames,frame 0 patch 1,9,0.75,0.5\n"
        "made,detail,of others,frame 1 patch 0,9.5,0.9,0.5\n"
        "made,paper,of no interest,frame 1 patch 0,9.5,0.9,0.5\n"
        "made,detail,,none,10,1,1\n"
    )
    draw_estimates(sets, "detail", tmp_path / "sets.svg")
    text = (tmp_path / "sets.svg").read_text()
    assert all(f">{words}</text>" in text for words in ("made", "of key frames", "of others"))
    assert "of no interest" not in text


def test_the_part_of_speed_is_what_the_other_commands_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    made_by: dict[str, dict[str, object]] = {}
    names = ("engine", "per-frame", "network", "reuse", "kernels", "selection", "live")
    for name in names:
        command = bench_commands.commands[name]
        monkeypatch.setattr(
            command, "callback", lambda name=name, **options: made_by.update({name: options})
        )
    file = tmp_path / "results.md"
    words = ["results", "--part", "speed", "--markdown", str(file), "--plots", str(tmp_path)]
    ended = CliRunner().invoke(bench_commands, words)
    assert (ended.exit_code, set(made_by)) == (0, set(names))
    assert all(options["markdown"] == file for options in made_by.values())
    assert made_by["selection"]["plots"] == tmp_path
    assert made_by["engine"]["frames"] == 60  # as the command alone
    ended = CliRunner().invoke(bench_commands, ["results", "--part", "nothing"])
    assert ended.exit_code == 2
    assert "--part nothing: there are networks, fitted" in ended.output
