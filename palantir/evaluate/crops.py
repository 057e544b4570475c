"""Crops side by side: HR, bicubic, as NeuroScaler would show it, ours at equal cost, per-frame SR.

As NeuroScaler would: its choice of frames and the paper's reuse, which carries pixels as it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from palantir.enhance.colour import to_rgb
from palantir.evaluate.comparison import Variant, compare_variants
from palantir.evaluate.jobs import Job, LoadedNetwork, Measured, budgeted_jobs, per_frame_job
from palantir.evaluate.material import Material
from palantir.evaluate.pictures import comparison_picture
from palantir.evaluate.question import OURS, Method, Question
from palantir.evaluate.runs import Runs
from palantir.media import Planes
from palantir.media.pictures import crop_planes
from palantir.media.png import write_png

__all__ = ["PANELS", "draw_crops"]

PANELS = ("HR", "bicubic", "neuroscaler with paper reuse", "ours", "per-frame SR")

_ROWS, _COLUMNS = 320, 400  # of a crop, SR pixels
_STEP = 16  # between places where a crop may begin


def draw_crops(
    material: Material,
    network: LoadedNetwork,
    question: Question,
    runs: Runs,
    path: Path,
    measured: Measured | None = None,
) -> str:
    """Write the PNG of one clip, a panel each of PANELS; its caption.

    The frame lies three quarters through the clip, the budget is the largest but one, and the crop
    is where per-frame SR gains most over bicubic: nothing is chosen by what ours looks like.
    """
    budget = sorted(question.budgets)[-2:][0]
    index = material.shown * 3 // 4
    jobs = _jobs(material, network, replace(question, budgets=[budget]), measured)
    variants = [runs.variant(job, name) for job, name in zip(jobs, PANELS[2:], strict=True)]
    frames: dict[str, Planes] = {}

    def originals() -> Iterator[Planes]:
        for place, planes in enumerate(material.originals()):
            if place == index:
                frames["HR"] = planes
            yield planes

    def watch(place: int, name: str, planes: Planes) -> None:
        if place == index:
            frames[name] = planes

    compare_variants(
        material.lr, originals(), [Variant("bicubic", kernel="bicubic"), *variants],
        scale=material.scale, frames=index + 1, watch=watch,
    )  # fmt: skip
    area = _where_sr_gains(frames)
    panels = [to_rgb(frames[name], material.source.colour)[area] for name in PANELS]
    write_png(path, comparison_picture(panels))
    return f"{material.name}, {network.name}, frame {index}, {budget}: {', '.join(PANELS)}"


def _jobs(
    material: Material, network: LoadedNetwork, question: Question, measured: Measured | None
) -> list[Job]:
    """Of the last three panels; the question has one budget."""
    ours = next((name for name in reversed(OURS) if name in question.selectors), OURS[-1])
    wish = question.grids[0]
    ways = (
        (wish, "paper", Method("neuroscaler")),
        (wish, question.reuse[0], Method(ours, question.error_models[-1])),
    )
    chosen = [
        job
        for way in ways
        for job in budgeted_jobs(material, network, question, way, measured=measured)
    ]
    return [*chosen, per_frame_job(material, network)]


def _where_sr_gains(frames: Mapping[str, Planes]) -> tuple[slice, slice]:
    """The crop in which per-frame SR's squared error is farthest below bicubic's."""
    height, width = frames["bicubic"][0].shape
    original = crop_planes(frames["HR"], width, height)[0].astype(np.float64)
    won = np.square(frames["bicubic"][0] - original) - np.square(frames[PANELS[-1]][0] - original)
    sums = np.pad(won, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    rows, columns = min(_ROWS, height), min(_COLUMNS, width)
    inside = sums[rows:, columns:] - sums[:-rows, columns:]
    inside -= sums[rows:, :-columns] - sums[:-rows, :-columns]
    coarse = inside[::_STEP, ::_STEP]
    top, left = (int(place) * _STEP for place in np.unravel_index(coarse.argmax(), coarse.shape))
    return slice(top, top + rows), slice(left, left + columns)
