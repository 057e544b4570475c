"""Pictures for people: crops side by side, and a segment's trace at a glance. RGB, uint8."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid

__all__ = ["comparison_picture", "outline_anchors", "trace_picture"]

Picture = NDArray[np.uint8]
_YELLOW = (255, 215, 0)
_BLUE = (150, 180, 215)  # a colour that no heat has
_GUTTER = 8  # pixels between panels


def outline_anchors(
    picture: Picture,
    anchors: NDArray[np.bool_],
    grid: PatchGrid,
    lr_size: tuple[int, int],
    scale: int,
) -> Picture:
    """A copy of an SR picture with the borders of its anchor patches (bool [P]) drawn in."""
    outlined = picture.copy()
    columns, rows = grid.column_edges(lr_size[0]) * scale, grid.row_edges(lr_size[1]) * scale
    for patch in np.flatnonzero(anchors):
        r, c = divmod(int(patch), grid.columns)
        area = outlined[rows[r] : rows[r + 1], columns[c] : columns[c + 1]]
        area[:2], area[-2:], area[:, :2], area[:, -2:] = _YELLOW, _YELLOW, _YELLOW, _YELLOW
    return outlined


def comparison_picture(panels: Sequence[Picture]) -> Picture:
    """Equally high pictures beside each other, with a white gutter."""
    gutter = np.full((panels[0].shape[0], _GUTTER, 3), 255, np.uint8)
    spaced = [part for panel in panels for part in (panel, gutter)]
    return np.concatenate(spaced[:-1], axis=1)


def trace_picture(graph: ErrorGraph, anchors: NDArray[np.bool_] | None = None) -> Picture:
    """A segment at a glance: time runs to the right, one cell a coded frame; patches run down.

    Three bands: texture (logarithmic), influence (how much shown error a unit of error in the
    patch causes, logarithmic), and anchors (bool [T, P]). Frame columns carry a mark on top:
    yellow a key frame, dark a hidden frame.
    """
    frames, patches = len(graph.frames), graph.grid.count
    cell = max(1, min(12, 1600 // frames, 1600 // patches))
    bands = [_heat(np.log1p(graph.texture)), _heat(np.log1p(graph.influence()))]
    if anchors is not None:
        bands.append(np.where(anchors[..., None], np.array(_YELLOW), 32).reshape(-1, 3))
    gap = np.tile(np.array(_BLUE), (1, frames, 1))
    marks = gap.copy()
    marks[:, ~graph.shown] = 32
    marks[:, graph.frames.key] = _YELLOW
    parts = [marks]
    for band in bands:
        parts += [gap, band.reshape(frames, patches, 3).transpose(1, 0, 2)]
    picture = np.concatenate(parts).astype(np.uint8)
    return picture.repeat(cell, axis=0).repeat(cell, axis=1)


def _heat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Black through red and yellow to white, the largest value white; [n, 3]."""
    level = values / max(float(values.max()), 1e-12)
    return np.clip(np.stack([3 * level, 3 * level - 1, 3 * level - 2], axis=-1), 0, 1) * 255
