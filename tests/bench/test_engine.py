"""The engine's table: rows that an earlier run measured are not measured again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import engine
from bench.engine_peers import Peers
from bench.engine_run import Finding, Run

_SIZE = engine.SIZES[0]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """What was run, each in no time worth mentioning; the third is interrupted."""
    made: list[Run] = []

    def find(run: Run) -> Finding:
        made.append(run)
        if len(made) == 3:
            raise KeyboardInterrupt
        return Finding(run.frames, 0.5, 0.75, 100.0, [0.1, 0.2, 0.3])

    monkeypatch.setattr(engine, "_FOLDER", tmp_path)
    monkeypatch.setattr(engine, "find", find)
    monkeypatch.setattr(engine, "benchmark_clip", lambda *size: Path("clip.webm"))
    monkeypatch.setattr(engine, "measure_peers", lambda *asked: Peers(0.05, 0.01, 0.02, 0.025))
    monkeypatch.setattr(engine, "per_frame_seconds", lambda *asked: 1.0)
    monkeypatch.setattr(engine, "_int8", lambda model, clip: Path("int8.onnx"))
    monkeypatch.setattr(engine._Bench, "_profile", lambda self, budget: Path("clip.pcp"))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return made


def test_an_interrupted_run_goes_on_where_it_was(runs: list[Run]) -> None:
    with pytest.raises(KeyboardInterrupt):
        engine.report_engine([_SIZE], 5, fresh=False)
    report = engine.report_engine([_SIZE], 5, fresh=False)
    assert len(report.tables[0].rows) == 2 * 5  # threads; four budgets and the float network
    assert len(runs) == 1 + 10  # the interrupted one is run again
    assert engine.report_engine([_SIZE], 5, fresh=False).tables == report.tables
    assert len(runs) == 1 + 10
    engine.report_engine([_SIZE], 6, fresh=False)  # other frames are other figures
    assert len(runs) == 1 + 2 * 10
    engine.report_engine([_SIZE], 6, fresh=True)
    assert len(runs) == 1 + 3 * 10


def test_ratios_are_of_the_time_of_a_frame(runs: list[Run]) -> None:
    runs += [Run("", "", "", 1, 1)] * 3
    table = engine.report_engine([_SIZE], 5, fresh=False).tables[0]
    row = dict(zip(table.headings, table.rows[0], strict=True))
    assert (row["ms a frame"], row["frames/s"], row["decode and trace"]) == (
        "100.0",
        "10.0",
        "20.00",
    )
    ratios = [row[f"/ {peer}"] for peer in ("stock decode", "copy", "bilinear", "bicubic")]
    assert ratios == ["2.00", "10.00", "5.00", "4.00"]
    assert row["/ per-frame SR"] == "0.10"
    assert row["cores for 30 frames/s"] == "4.50"
