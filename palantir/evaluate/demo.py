"""The demo: the whole chain on one real clip, from HR to table, video, profile and picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from palantir.enhance import Enhancer, enhance
from palantir.enhance.colour import to_rgb
from palantir.errors import MediaError, ModelError
from palantir.evaluate.comparison import Row, Variant, compare_variants
from palantir.evaluate.pictures import comparison_picture, outline_anchors
from palantir.graph import ErrorGraph
from palantir.media import Planes, VideoSink, VideoSource, encode_lr, read_frames
from palantir.media.colour import Colour
from palantir.media.png import write_png
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import CostShare, Selection, select

__all__ = ["Demo", "run_demo"]

SCALE = 4
BUDGETS = (Fraction(1, 60), Fraction(1, 20))
Steps = Callable[[str, int | None], Callable[[int], None]]  # title, total -> report(done)


@dataclass(frozen=True)
class Demo:
    """What the demo made. `rows` starts with the plain upscalers and ends with per-frame SR."""

    rows: list[Row]
    lr: Path
    profile: Path
    video: Path
    picture: Path


def run_demo(
    clip: Path, folder: Path, steps: Steps, *, start: int, frames: int, model: str | None = None
) -> Demo:
    """Encode `frames` frames of the HR clip from `start`, schedule, enhance and compare.

    clip    HR video; its size should be a multiple of 8
    folder  where results go; made if missing
    steps   called with the title and length of each long step, gives the progress callback

    Raises MediaError and ModelError, and ScheduleError where the network's halo is not known.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: cannot make the folder: {error.strerror}") from None
    network = SRNetwork.load(model)
    if network.scale != SCALE:
        raise ModelError(f"the demo enlarges {SCALE} times, the network {network.scale} times")
    lr = folder / "lr.webm"
    report = steps("encode LR", frames)
    encoded = encode_lr(
        clip, lr, SCALE, start=start, frames=frames, progress=lambda done, _: report(done)
    )
    if encoded < frames:
        lr.unlink()
        raise MediaError(f"{clip}: only {encoded} of {frames} frames from frame {start} on")

    graphs = {reuse: ErrorGraph.from_video(lr, error_model=reuse) for reuse in ("paper", "detail")}
    selections = {
        (reuse, budget): _schedule(graph, network, budget)
        for budget in BUDGETS
        for reuse, graph in graphs.items()
    }
    graph = graphs["detail"]
    profile = CacheProfile.from_selection(graph, selections["detail", BUDGETS[-1]])
    profile.save(folder / "lr.pcp")

    variants = _variants(graph, network, selections)
    still = _Still(graph, profile.anchors, wanted=("bilinear", variants[-2].name))
    rows = compare_variants(
        lr, still.pass_through(islice(read_frames(clip), start, start + frames)), variants,
        watch=still.watch, progress=steps("compare", frames),
    )  # fmt: skip
    picture = folder / "comparison.png"
    write_png(picture, still.picture(VideoSource(lr).colour))
    video = folder / "sr.mp4"
    _write_video(lr, profile, network, video, steps("write SR", frames))
    return Demo(rows, lr, folder / "lr.pcp", video, picture)


def _schedule(graph: ErrorGraph, network: SRNetwork, share: Fraction) -> Selection:
    """As `palantir schedule` does; ScheduleError where the network's halo is not known."""
    budget = CostShare.of_network(share, network)
    return select(graph, budget, "gain-per-cost", "gop", options={"halo": budget.halo})


def _variants(
    graph: ErrorGraph, network: SRNetwork, selections: Mapping[tuple[str, Fraction], Selection]
) -> list[Variant]:
    """Plain ones, those of the selections (reuse mode, budget), and per-frame SR."""
    shape = len(graph.frames), graph.grid.count

    def enhanced(name: str, reuse: str, anchors: NDArray[np.bool_]) -> Variant:
        enhancer = Enhancer(network, graph.grid, reuse=reuse)
        return Variant(name, enhancer=enhancer, anchors=anchors)

    return [
        Variant("bilinear", kernel="bilinear"),
        Variant("bicubic", kernel="bicubic"),
        Variant("sharp", kernel="sharp"),
        *(
            enhanced(
                f"{reuse}, {100 * float(budget):.3g}% of cost",
                reuse,
                picks.anchors_by_frame(*shape),
            )
            for (reuse, budget), picks in selections.items()
        ),
        enhanced("per-frame SR", "detail", np.ones(shape, np.bool_)),
    ]


def _write_video(
    lr: Path,
    profile: CacheProfile,
    network: SRNetwork,
    video: Path,
    report: Callable[[int], None],
) -> None:
    source = VideoSource(lr)
    frames = enhance(source, profile, network)
    size = source.width * SCALE, source.height * SCALE
    sink = VideoSink(
        video, *size, source.frame_rate, source.time_base, source.colour, audio_from=source
    )
    with sink:
        for frame in frames:
            sink.write(frame.planes, frame.pts)
            report(frame.index + 1)


class _Still:
    """Keeps one displayed frame, in HR and as some variants show it, for the picture."""

    def __init__(
        self, graph: ErrorGraph, anchors: NDArray[np.bool_], wanted: tuple[str, ...]
    ) -> None:
        self._graph, self._wanted = graph, wanted
        displayed = anchors[graph.shown]
        count = displayed.sum(axis=1)
        # The frame with the most anchors that still has reused patches beside them.
        self._index = int(np.argmax(np.where(count < graph.grid.count, count, -1)))
        self._anchors = displayed[self._index]
        self._planes: dict[str, Planes] = {}

    def pass_through(self, frames: Iterable[Planes]) -> Iterator[Planes]:
        """The HR frames unchanged, the wanted one kept."""
        for index, planes in enumerate(frames):
            if index == self._index:
                self._planes["HR"] = planes
            yield planes

    def watch(self, index: int, name: str, planes: Planes) -> None:
        """Keep the wanted frame of the wanted variants."""
        if index == self._index and name in self._wanted:
            self._planes[name] = planes

    def picture(self, colour: Colour) -> NDArray[np.uint8]:
        """Crops of HR and of each wanted variant, the last one with its anchors outlined."""
        panels = [to_rgb(self._planes[name], colour) for name in ("HR", *self._wanted)]
        panels[-1] = outline_anchors(
            panels[-1], self._anchors, self._graph.grid, self._graph.lr_size, SCALE
        )
        area = self._crop(panels[-1].shape[0], panels[-1].shape[1])
        return comparison_picture([panel[area] for panel in panels])

    def _crop(self, height: int, width: int) -> tuple[slice, slice]:
        """Half the frame each way, about the first anchor patch."""
        grid = self._graph.grid
        row, column = divmod(int(np.argmax(self._anchors)), grid.columns)
        top = min(row * height // grid.rows, height - height // 2)
        left = min(column * width // grid.columns, width - width // 2)
        return slice(top, top + height // 2), slice(left, left + width // 2)
