"""How `palantir schedule` makes profiles: of each segment by itself, live, or under one budget."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

from palantir.cli.damage import Damage
from palantir.cli.progress import progress_bar
from palantir.errors import MediaError, ProfileError, ScheduleError

if TYPE_CHECKING:
    from palantir.enhance.measured import MeasuredModel
    from palantir.graph import ErrorGraph
    from palantir.graph.intervals import Interval
    from palantir.grid import PatchGrid
    from palantir.media import VideoSource
    from palantir.profile import CacheProfile
    from palantir.schedule import Allowance, Selection

__all__ = ["Settings", "jointly", "one_by_one"]

_SEEING_NO_GRAPH = ("neuroscaler", "key-uniform", "key-alt", "random", "all", "none")
_Made: TypeAlias = "tuple[CacheProfile, float, float]"  # seconds of construction and of selection
Facts: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How segments are scheduled; fields are named as the options are."""

    budget: Allowance
    model: str | None
    light_model: str | None
    light_share: float | None
    halo: int | None
    grid: PatchGrid | None
    patch: tuple[int, int] | None
    interval: Interval | None
    selector: str | None
    without: Literal["weight", "texture"] | None
    seed: int | None
    live: bool
    tail: bool
    deadline: float | None
    reuse: str
    error_model: str | None
    originals: Mapping[str, str]  # HR of each segment, if it is to be measured
    hr_first: int
    judge: str | None
    max_size: tuple[int, int] | None
    keep_going: bool
    threads: int
    progress: bool | None
    joint: bool

    def __post_init__(self) -> None:
        if self.grid and self.patch:
            raise click.UsageError("--grid and --patch exclude each other")
        if self.live and self.light_model:
            raise click.UsageError("--live excludes --light-model")
        if self.live and (self.chosen_selector != "adjoint" or self.without):
            raise click.UsageError("--live goes with --selector adjoint and the whole graph")
        if not self.live and (self.tail or self.deadline):
            raise click.UsageError("--tail and --deadline go with --live")
        if self.seed is not None and self.chosen_selector != "random":
            raise click.UsageError("--seed goes with --selector random")
        if self.light_model:
            self._check_light()
        elif self.light_share is not None:
            raise click.UsageError("--light-share goes with --light-model")
        self._check_measured()
        if self.halo is not None and self.chosen_selector != "gain-per-cost" and not self._computed:
            raise click.UsageError(
                "--halo goes with --selector gain-per-cost or a budget of what the network computes"
            )

    @property
    def _computed(self) -> bool:
        """Whether the budget counts what the network computes, not patches."""
        from palantir.schedule import CostShare, NetworkBudget

        return isinstance(self.budget, CostShare | NetworkBudget)

    def _check_light(self) -> None:
        if self.chosen_selector != "gain-per-cost" or self.without or not self._computed:
            raise click.UsageError(
                "--light-model goes with --selector gain-per-cost, the whole graph and a --budget "
                "of what the network computes"
            )

    def _check_measured(self) -> None:
        if not self.originals:
            if self.judge or self.hr_first:
                raise click.UsageError("--judge and --hr-first go with --hr")
        elif self.reuse != "detail" or self.error_model:
            raise click.UsageError("--hr goes with --reuse detail, and without --error-model")
        elif self.chosen_selector in _SEEING_NO_GRAPH:
            raise click.UsageError(f"--hr does nothing for --selector {self.chosen_selector}")

    @property
    def chosen_selector(self) -> str:
        """The one asked for, or the one that suits the budget."""
        ours = self._computed and not self.live and not self.joint
        return self.selector or ("gain-per-cost" if ours else "adjoint")

    def error_model_of(self, segment: str) -> str | MeasuredModel:
        """Measured where HR is known, or the one asked for, or that of the reuse mode's name."""
        if segment not in self.originals:
            return self.error_model or self.reuse
        from palantir.enhance.measured import measured_by_files
        from palantir.models import SRNetwork

        judge = SRNetwork.load(self.judge) if self.judge else None
        network, hr = SRNetwork.load(self.model), self.originals[segment]
        return measured_by_files(segment, hr, network, judge=judge, first=self.hr_first)

    def grid_of(self, source: VideoSource) -> PatchGrid | None:
        """The grid asked for, if any."""
        if self.patch is None:
            return self.grid
        from palantir.grid import PatchGrid

        return PatchGrid.from_patch_size(source.width, source.height, *self.patch)

    @property
    def options(self) -> dict[str, int]:
        """Of the selector. Raises ScheduleError where the network's halo is not known."""
        if self.chosen_selector == "gain-per-cost":
            from palantir.models import network_load

            halo = network_load(self.model, self.halo).halo
            if halo is None:
                raise ScheduleError(
                    "selector gain-per-cost: the receptive field is unbounded; give --halo"
                )
            return {"halo": halo}
        return {} if self.seed is None else {"seed": self.seed}


def one_by_one(targets: Mapping[Path, str], settings: Settings, resume: bool) -> Iterator[Facts]:
    """Make each profile, or keep it where `resume` allows it; the facts of each."""
    schedule = _live if settings.live else _whole
    for target, segment in targets.items():
        if resume and _is_made(target, segment):
            yield {"segment": segment, "profile": str(target), "kept": True}
            continue
        damage = Damage()
        profile, construction, selection = schedule(segment, settings, damage)
        damage.tell()
        yield _save(target, segment, profile, damage) | {
            "construction_seconds": construction,
            "selection_seconds": selection,
        }


def _whole(segment: str, settings: Settings, damage: Damage) -> _Made:
    """From the graph of the whole segment."""
    from palantir.profile import CacheProfile
    from palantir.schedule import select

    graph, constructing = _construct(segment, settings, damage)
    begin = time.perf_counter()
    selection = _tiers(graph, settings) if settings.light_model else select(
        graph, settings.budget, settings.chosen_selector, settings.interval or "gop",
        without=settings.without, options=settings.options,
    )  # fmt: skip
    selecting = time.perf_counter() - begin
    return CacheProfile.from_selection(graph, selection, settings.reuse), constructing, selecting


def _tiers(graph: ErrorGraph, settings: Settings) -> Selection:
    """Of two networks."""
    from palantir.models import network_load
    from palantir.schedule import CostShare, NetworkBudget, Tiers, select_tiers

    assert isinstance(settings.budget, CostShare | NetworkBudget)
    large, light = (
        network_load(model, settings.halo) for model in (settings.model, settings.light_model)
    )
    share = settings.light_share
    tiers = Tiers(large, light) if share is None else Tiers(large, light, share)
    return select_tiers(graph, settings.budget, tiers, settings.interval or "gop")


def _live(segment: str, settings: Settings, damage: Damage) -> _Made:
    """Interval by interval, as if the segment were arriving."""
    from palantir.codec import decode_packets
    from palantir.media import VideoSource
    from palantir.profile import CacheProfile
    from palantir.schedule import LiveScheduler

    source, digest = VideoSource(segment), hashlib.sha256()
    model = settings.error_model_of(segment)
    scheduler = LiveScheduler(
        settings.budget, settings.interval or "gop", settings.grid_of(source),
        tail=settings.tail, deadline=settings.deadline, time_base=source.time_base,
        error_model=model,
    )  # fmt: skip
    begin, closed = time.perf_counter(), []
    with progress_bar("schedule", source.frame_count, settings.progress) as report:
        for decoded in decode_packets(
            source, threads=settings.threads, max_size=settings.max_size,
            on_damage=damage if settings.keep_going else None,
        ):  # fmt: skip
            digest.update(decoded.packet.data)
            closed += scheduler.push(decoded)
            report(decoded.packet.index + 1)
    closed += scheduler.flush()
    if not closed:
        raise MediaError(f"{segment}: the stream holds no coded frame")
    if not isinstance(model, str):
        model.check()
    seconds = time.perf_counter() - begin
    selecting = sum(interval.seconds for interval in closed)
    profile = CacheProfile.from_live(scheduler.record(), digest.digest(), settings.reuse)
    return profile, seconds - selecting, selecting


def jointly(targets: Mapping[Path, str], settings: Settings) -> Iterator[Facts]:
    """Make all profiles under one budget; the facts of each."""
    from palantir.profile import CacheProfile
    from palantir.schedule import select_jointly

    damages = [Damage() for _ in targets]
    built = [
        _construct(segment, settings, damage)
        for segment, damage in zip(targets.values(), damages, strict=True)
    ]
    begin = time.perf_counter()
    selections = select_jointly(
        [graph for graph, _ in built], settings.budget, settings.chosen_selector,
        without=settings.without, options=settings.options,
    )  # fmt: skip
    selecting = time.perf_counter() - begin
    made = zip(targets.items(), built, selections, damages, strict=True)
    for (target, segment), (graph, constructing), selection, damage in made:
        profile = CacheProfile.from_selection(graph, selection, settings.reuse)
        damage.tell()
        yield _save(target, segment, profile, damage) | {
            "construction_seconds": constructing,
            "selection_seconds": selecting,
        }


def _is_made(target: Path, segment: str) -> bool:
    """Whether the profile is there, sound, and of this segment."""
    from palantir.media import VideoSource
    from palantir.profile import CacheProfile

    try:
        return CacheProfile.load(target).segment_sha256 == VideoSource(segment).sha256()
    except ProfileError:
        return False


def _construct(segment: str, settings: Settings, damage: Damage) -> tuple[ErrorGraph, float]:
    """The segment's graph, and the seconds that it took."""
    from palantir.graph.construct import graph_from_video
    from palantir.media import VideoSource

    source, model = VideoSource(segment), settings.error_model_of(segment)
    begin = time.perf_counter()
    with progress_bar("construct", source.frame_count, settings.progress) as report:
        graph = graph_from_video(
            source, settings.grid_of(source), error_model=model,
            threads=settings.threads, progress=report,
            max_size=settings.max_size, on_damage=damage if settings.keep_going else None,
        )  # fmt: skip
    if not isinstance(model, str):
        model.check()
    return graph, time.perf_counter() - begin


def _save(target: Path, segment: str, profile: CacheProfile, damage: Damage) -> Facts:
    """Write the profile; the facts of it."""
    profile.save(target)
    return {
        "segment": segment,
        "profile": str(target),
        "kept": False,
        "profile_bytes": target.stat().st_size,
        "damaged_packets": damage.packets,
        "coded_frames": len(profile),
        "shown_frames": int(profile.shown.sum()),
        "grid": str(profile.grid),
        "selector": profile.selector,
        "parameters": dict(profile.parameters),
        "anchors": int(profile.anchors.sum()),
        "light_anchors": 0 if profile.light is None else int(profile.light.sum()),
        "patches": profile.anchors.size,
        "objective_before": profile.estimated_before,
        "objective_after": profile.estimated_after,
        "deadline_passed": profile.parameters.get("deadline_passed", 0),
    }
