from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from palantir.errors import ScheduleError
from palantir.graph import FrameTable
from palantir.graph.frames import FrameRow


def test_a_part_of_the_table_counts_from_its_own_start() -> None:
    table = replace(
        FrameTable.plain(64, 64, [True] * 4),
        references=np.array([[-1, -1, -1], [0, 0, 0], [1, 0, 0], [2, 1, 0]]),
    )
    part = table.between(1, 4)
    assert len(part) == 3
    assert part.packet.tolist() == [1, 2, 3]
    assert part.references.tolist() == [[-1, -1, -1], [0, -1, -1], [1, 0, -1]]


def test_columns_have_one_row_a_frame() -> None:
    table = FrameTable.plain(64, 64, [True, False])
    assert table.shown.tolist() == [True, False]
    assert table.key.tolist() == [True, False]
    with pytest.raises(ScheduleError, match=r"column width has shape \(3,\), not \(2,\)"):
        replace(table, width=np.ones(3, np.int32))
    with pytest.raises(ScheduleError, match=r"references has shape \(2,\), not \(2, 3\)"):
        replace(table, references=np.ones(2, np.int32))


def test_a_frame_refers_only_to_frames_before_it() -> None:
    table = FrameTable.plain(64, 64, [True] * 3)
    with pytest.raises(ScheduleError, match="coded frame 1 refers to a frame that is not before"):
        replace(table, references=np.array([[-1] * 3, [1] * 3, [0] * 3]))


def test_packet_indices_never_fall() -> None:
    table = FrameTable.plain(64, 64, [True] * 3)
    replace(table, packet=np.array([0, 0, 1]))
    with pytest.raises(ScheduleError, match="packet indices"):
        replace(table, packet=np.array([0, 2, 1]))


def test_times_are_numbers_and_durations_are_not_negative() -> None:
    table = FrameTable.plain(64, 64, [True, False, True])
    assert table.time.tolist() == [0, 1 / 25, 2 / 25]
    assert table.duration.tolist() == [1 / 25, 0, 1 / 25]
    with pytest.raises(ScheduleError, match="time of coded frame 1 is nan"):
        replace(table, time=np.array([0, np.nan, 1]))
    with pytest.raises(ScheduleError, match=r"duration of coded frame 2 is -0\.5"):
        replace(table, duration=np.array([0, 1, -0.5]))
    replace(table, time=np.array([5.0, 3.0, -1.0]))  # a broken clock is none of our business


def test_rows_make_a_table() -> None:
    row = FrameRow(
        packet=4, shown=True, key=False, intra_only=True, width=640, height=480, quantizer=7,
        coded_bytes=99, references=(-1, -1, -1), time=1.5, duration=0.25,
    )  # fmt: skip
    table = FrameTable.from_rows([row, replace(row, packet=5, references=(0, 0, -1))])
    assert table.packet.tolist() == [4, 5]
    assert table.references.tolist() == [[-1, -1, -1], [0, 0, -1]]
    assert (table.time.tolist(), table.duration.tolist()) == ([1.5, 1.5], [0.25, 0.25])
    assert table.width.dtype == np.int32
    assert len(FrameTable.from_rows([])) == 0
