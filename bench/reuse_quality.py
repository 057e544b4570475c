"""Quality and drift of both reuse modes on several clips, with one network."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.clip import clip_name, data_clips, lr_of
from palantir.enhance import Enhancer
from palantir.evaluate import Row, Variant, compare_variants
from palantir.graph import ErrorGraph
from palantir.media import read_frames
from palantir.models import SRNetwork
from palantir.schedule import select

__all__ = ["print_reuse_quality"]

_MODES = ("paper", "detail")
_BUDGETS = ((1 / 60, "1/60"), (1 / 20, "1/20"))


def print_reuse_quality(model: str | None, frames: int, per_frame: bool) -> None:
    """Measure every clip of the data folder (`PALANTIR_DATA`) and print one table."""
    clips = data_clips()
    if not clips:
        raise click.UsageError("PALANTIR_DATA must name the data folder")
    network = SRNetwork.load(model)
    table = Table(
        box=SIMPLE_HEAD, padding=(0, 1, 0, 0),
        title=f"PSNR-Y in dB, first {frames} frames; drift over a GoP in brackets",
    )  # fmt: skip
    table.add_column("clip")
    table.add_column("bilinear")
    table.add_column("bicubic")
    for _, budget in _BUDGETS:
        for mode in _MODES:
            table.add_column(f"{mode} {budget}")
    if per_frame:
        table.add_column("per-frame")
    for clip in clips:
        rows = _measure(clip, network, frames, per_frame)
        table.add_row(clip_name(clip), *(_cell(row, rows[1]) for row in rows))
    Console().print(table)


def _cell(row: Row, bicubic: Row) -> str:
    plain = row.name in ("bilinear", "bicubic")
    return f"{row.psnr_y:.2f}" + ("" if plain else f" ({row.drift(bicubic):+.2f})")


def _measure(clip: Path, network: SRNetwork, frames: int, per_frame: bool) -> list[Row]:
    lr = lr_of(clip, frames)
    graph = ErrorGraph.from_video(lr)
    shape = len(graph.frames), graph.grid.count
    variants = [Variant("bilinear", kernel="bilinear"), Variant("bicubic", kernel="bicubic")]
    for budget, _ in _BUDGETS:
        anchors = select(graph, budget, interval="gop").anchors_by_frame(*shape)
        for mode in _MODES:
            enhancer = Enhancer(network, graph.grid, reuse=mode)
            variants.append(Variant(f"{mode} {budget}", enhancer=enhancer, anchors=anchors))
    if per_frame:
        everywhere = Enhancer(network, graph.grid)
        variants.append(Variant("per-frame", enhancer=everywhere, anchors=np.ones(shape, bool)))
    return compare_variants(lr, islice(read_frames(clip), frames), variants)
