"""The degrees of reference of a stream's frames and blocks as a picture. Needs matplotlib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from palantir.evaluate.reference_study import (
    BLOCK_GROUPS,
    COMPARISONS,
    FRAME_GROUPS,
    ReferenceStudy,
)
from palantir.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_study"]

_INCHES = (9.0, 4.5)
_DOTS_PER_INCH = 120


def draw_study(study: ReferenceStudy, path: str | os.PathLike[str]) -> None:
    """Write a PNG of box plots: groups of frames on the left, of blocks on the right.

    Boxes reach from quartile to quartile with the median inside, whiskers to the 5th and 95th
    percentiles, triangles mark means. Raises ImportError without the extra palantir-sr[plots], and
    OSError.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")
    frames, blocks = figure.subplots(1, 2)
    _draw_boxes(frames, study, list(FRAME_GROUPS), "frames")
    _draw_boxes(blocks, study, list(BLOCK_GROUPS), "blocks")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_DOTS_PER_INCH)


def _draw_boxes(axes: Axes, study: ReferenceStudy, groups: Sequence[str], title: str) -> None:
    for place, group in enumerate(groups):
        if study.degrees[group].size:
            axes.boxplot(
                study.degrees[group], positions=[place], widths=0.6, whis=(5, 95),
                showfliers=False, showmeans=True,
            )  # fmt: skip
    labels = [f"{group}\nn = {study.degrees[group].size}" for group in groups]
    axes.set_xticks(range(len(groups)), labels)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("degree of reference")
    effects = (
        f"CLES {first} / {second} {effect:.3f}"
        for first, second in COMPARISONS
        if first in groups and (effect := study.effect(first, second)) is not None
    )
    axes.set_title("\n".join((title, *effects)), fontsize="medium")
