from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from palantir.errors import ScheduleError
from palantir.graph import FrameTable


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
