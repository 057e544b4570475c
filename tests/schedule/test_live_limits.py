"""A live scheduler's deadline, and what it refuses: settings, packets, error models."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from palantir.codec import CodedFrame, DecodedPacket
from palantir.errors import ScheduleError
from palantir.graph import PatchGrid
from palantir.graph.error_models import PatchErrors, error_model_of, paper
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, NetworkBudget
from tests.schedule.live_streams import assert_same, decoded, run


def one_line(error: pytest.ExceptionInfo[ScheduleError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("deadline", [1e-9, 1e-3])
def test_past_the_deadline_the_best_prefix_is_returned(deadline: float, tmp_path: Path) -> None:
    packets, grid = decoded("alt-ref"), PatchGrid(20, 30)
    whole = run(LiveScheduler("50%", "gop", grid), packets)
    live = LiveScheduler("50%", "gop", grid, deadline=deadline)
    cut = run(live, packets)
    for a, b in zip(cut, whole, strict=True):
        assert a.order.tolist() == b.order[: len(a.order)].tolist()
        np.testing.assert_allclose(a.gain, b.gain[: len(a.gain)], 1e-9)
        assert a.complete == (len(a.order) == len(b.order))
        assert b.complete
    if deadline == 1e-9:
        assert [len(each.order) for each in cut] == [0, 0]
    profile = CacheProfile.from_live(live.record(), bytes(32))
    profile.save(tmp_path / "live.pcp")
    found = CacheProfile.load(tmp_path / "live.pcp").parameters
    passed = sum(not each.complete for each in cut)
    assert (found["deadline_ms"], found["deadline_passed"]) == (1000 * deadline, passed)


@pytest.mark.parametrize("deadline", [None, 3600, math.inf, Fraction(7200)])
def test_a_long_deadline_changes_nothing(deadline: Any) -> None:
    packets = decoded("alt-ref")
    live = LiveScheduler(5, 5, deadline=deadline)
    assert_same(run(live, packets), run(LiveScheduler(5, 5), packets))
    finite = deadline not in (None, math.inf)
    assert ("deadline_ms" in live.record().parameters) == finite


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"deadline": 0}, "deadline 0 is not"),
        ({"deadline": -1.5}, "deadline -1.5 is not"),
        ({"deadline": math.nan}, "deadline nan is not"),
        ({"deadline": "5ms"}, "deadline '5ms' is not"),
        ({"deadline": True}, "deadline True is not"),
        ({"time_base": 0}, "time base 0 is not"),
        ({"time_base": Fraction(-1, 25)}, "time base Fraction"),
        ({"interval": "200ms"}, "interval 200ms, budget 5%: time needs a time_base"),
        ({"budget": NetworkBudget(4e8, 1000, 8)}, "400MMAC/s: time needs a time_base"),
        ({"time_base": math.inf}, "time base inf is not"),
        ({"interval": 0}, "interval"),
        ({"interval": -2}, "interval"),
        ({"interval": "2s"}, "interval '2s' is neither"),
        ({"interval": None}, "interval None is neither"),
        ({"budget": 0}, "budget 0 is not"),
        ({"budget": math.nan}, "budget nan is not"),
        ({"budget": "1GMAC/s"}, "needs to know the network"),
        ({"grid": "0x3"}, "patch grid 0x3"),
        ({"grid": 5}, "patch grid 5"),
        ({"error_model": "nonsense"}, "error model 'nonsense'"),
    ],
    ids=str,
)
def test_unusable_settings_are_refused_in_one_line(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ScheduleError) as error:
        LiveScheduler(**settings)
    assert one_line(error).startswith(reason) or reason in one_line(error)


def changed(errors: PatchErrors, name: str, value: float) -> PatchErrors:
    """With another last value in a column."""
    column = getattr(errors, name).copy()
    column[-1:] = value
    return errors._replace(**{name: column})


SPOILED: dict[str, Callable[[PatchErrors], PatchErrors]] = {
    "texture of nan": lambda errors: changed(errors, "texture", np.nan),
    "texture of inf": lambda errors: changed(errors, "texture", np.inf),
    "texture of -1": lambda errors: changed(errors, "texture", -1),
    "weight of nan": lambda errors: changed(errors, "weight", np.nan),
    "weight of -0.5": lambda errors: changed(errors, "weight", -0.5),
    "edge with reference 12": lambda errors: changed(errors, "reference", 12),
    "edge with reference -1": lambda errors: changed(errors, "reference", -1),
    "edge with patch 12": lambda errors: changed(errors, "patch", 12),
    "edge with source 99": lambda errors: changed(errors, "source", 99),
    "columns of lengths": lambda errors: errors._replace(texture=errors.texture[:-1]),
    "columns of lengths [12": lambda errors: errors._replace(weight=errors.weight[1:]),
    "no column": lambda errors: errors._replace(texture=errors.texture[:, None]),
}


@pytest.mark.parametrize("model", ["detail", "paper"])
@pytest.mark.parametrize("interval", [1, 5, "gop"])
@pytest.mark.parametrize("reason", SPOILED)
def test_a_packet_with_unusable_errors_leaves_no_trace(
    reason: str, interval: int | str, model: str
) -> None:
    """The error model fails once, at the second frame of a superframe (coded frames 11 and 12)."""
    failures: list[CodedFrame] = []
    sound = error_model_of(model)

    def spoiled(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = sound(frame, grid)
        if frame.index == 12 and not failures:
            failures.append(frame)
            return SPOILED[reason](errors)
        return errors

    packets = decoded("alt-ref")
    live = LiveScheduler(2, interval, grid="3x4", error_model=spoiled)
    found = [interval for packet in packets[:11] for interval in live.push(packet)]
    with pytest.raises(ScheduleError) as error:
        live.push(packets[11])
    assert reason in one_line(error)
    assert "coded frame 12" in one_line(error)
    unspoiled = LiveScheduler(2, interval, grid="3x4", error_model=model)
    assert_same([*found, *run(live, packets[11:])], run(unspoiled, packets))


def test_packets_out_of_order_are_refused() -> None:
    packets = decoded("sub-8x8")
    live = LiveScheduler(1, 2)
    for packet in packets[:3]:
        live.push(packet)
    for wrong in (packets[2], packets[0]):
        with pytest.raises(ScheduleError) as error:
            live.push(wrong)
        assert "does not follow coded frame 2 in packet 2" in one_line(error)
    renumbered = [CodedFrame(packets[3].frames[0].native, 1, 3, None)]
    with pytest.raises(ScheduleError, match="coded frame 3 in packet 1 does not follow"):
        live.push(DecodedPacket(packets[1].packet, tuple(renumbered), 3))
    found = [*live.push(packets[3]), *run(live, packets[4:])]
    assert_same(found, run(LiveScheduler(1, 2), packets)[1:])


def test_a_packet_of_negative_duration_is_refused() -> None:
    packets = decoded("sub-8x8")
    live = LiveScheduler(1, 2)
    live.push(packets[0])
    with pytest.raises(ScheduleError) as error:
        live.push(replace(packets[1], packet=replace(packets[1].packet, duration=-40)))
    assert one_line(error) == "packet 1 has a duration of -40 units"
    assert_same(run(live, packets[1:]), run(LiveScheduler(1, 2), packets))


def test_edges_beyond_32_bits_are_refused_not_cut() -> None:
    def astray(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = paper(frame, grid)
        return errors._replace(source=errors.source.astype(np.int64) + 2**32)  # type: ignore[arg-type]

    live = LiveScheduler(1, 2, error_model=astray)
    packets = decoded("sub-8x8")
    live.push(packets[0])
    with pytest.raises(ScheduleError, match="coded frame 1 an edge with source"):
        live.push(packets[1])


def test_a_grid_that_does_not_fit_is_refused() -> None:
    packets = decoded("sub-8x8")
    live = LiveScheduler(1, 2, PatchGrid(68, 4))
    with pytest.raises(ScheduleError) as error:
        live.push(packets[0])
    assert one_line(error) == "patch grid 68x4 does not fit a 101x67 frame"
    assert live.flush() == []
    fits_at_first = LiveScheduler(1, 2, PatchGrid(67, 1))
    sizes = decoded("new-sizes")  # 101x67, twice, 104x72, 100x66
    assert len([*fits_at_first.push(sizes[0]), *fits_at_first.push(sizes[1])]) == 1
    fits_at_first.push(sizes[2])
    with pytest.raises(ScheduleError, match="does not fit a 100x66 frame"):
        fits_at_first.push(sizes[3])


@pytest.mark.parametrize("tail", [False, True])
def test_errors_beyond_every_number_last_until_the_next_key_frame(tail: bool) -> None:
    packets = decoded("sub-8x8", 3)

    def endless(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = paper(frame, grid)
        if 6 <= frame.index < 12:  # in the second GoP
            return errors._replace(texture=errors.texture + 1e300, weight=errors.weight * 1e300)
        return errors

    live, found = LiveScheduler(1, 3, error_model=endless, tail=tail), []
    for packet in packets:
        if packet.packet.index in (8, 11):
            with pytest.raises(ScheduleError) as error:
                live.push(packet)
            first = packet.packet.index - 2
            wanted = f"from coded frame {first} on, errors grow beyond every number"
            assert one_line(error) == wanted
        else:
            found += live.push(packet)
    with pytest.raises(ScheduleError, match="from coded frame 6 on, errors grow"):
        live.record()
    without = [*packets[:6], *packets[12:]]
    assert_same(found, run(LiveScheduler(1, 3, error_model="paper", tail=tail), without))


def test_the_end_of_a_stream_may_be_beyond_every_number() -> None:
    def endless(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        return paper(frame, grid)._replace(texture=np.full(grid.count, 1e308))

    live = LiveScheduler(1, "gop", error_model=endless)
    packets = decoded("sub-8x8", 1)
    assert [live.push(packet) for packet in packets] == [[]] * len(packets)
    with pytest.raises(ScheduleError, match="from coded frame 0 on, errors grow"):
        live.flush()
    assert live.flush() == []


@pytest.mark.parametrize("tail", [False, True])
def test_a_tail_beyond_every_number_is_refused(tail: bool) -> None:
    """Errors are finite; what the first GoP teaches of key frames is too much for the second."""

    def steep(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = paper(frame, grid)
        textures = {0: errors.texture * 1e-200, 6: errors.texture + 1e200}
        weight = errors.weight * (1e200 if frame.index == 1 else 1)
        return errors._replace(texture=textures.get(frame.index, errors.texture), weight=weight)

    live = LiveScheduler(1, 1, error_model=steep, tail=tail)
    packets = decoded("sub-8x8")
    assert all(live.push(packet) for packet in packets[:6])
    if tail:
        with pytest.raises(ScheduleError, match="from coded frame 6 on, errors grow"):
            live.push(packets[6])
    else:
        assert len(live.push(packets[6])) == 1


def test_there_is_nothing_to_record_at_first() -> None:
    live = LiveScheduler(1, 4)
    for packet in decoded("sub-8x8")[:3]:
        with pytest.raises(ScheduleError) as error:
            live.record()
        assert one_line(error) == "no interval has been closed since the last record"
        live.push(packet)


def test_packets_without_frames_close_nothing() -> None:
    late = [packet for packet in decoded("late-displays", 1) if not packet.frames]
    assert len(late) == 2
    live = LiveScheduler(1, 1)
    assert [live.push(packet) for packet in late] == [[], []]  # of frames that never came
    assert live.flush() == []
    unobserved = replace(late[0], displayed=None)
    assert live.push(unobserved) == []
