"""`palantir schedule`: segment to cache profile."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Literal

import click

from palantir.cli.options import file_argument, json_option, progress_bar, progress_option

_EXAMPLES = """\b
Examples:
  palantir schedule segment.webm                       segment.pcp, 5 % of the patches
  palantir schedule segment.webm -o a.pcp --budget 20  20 patches in each GoP
  palantir schedule segment.webm --patch 64x64 --interval 12 --json
"""


def _interval(_: click.Context, __: click.Parameter, text: str) -> Literal["gop"] | int:
    if text == "gop":
        return "gop"
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise click.BadParameter(f"{text!r} is neither gop nor a number of frames")


def _patch(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise click.BadParameter(f"{text!r} is not of the form WIDTHxHEIGHT, such as 64x64")
    return int(width), int(height)


@click.command("schedule", epilog=_EXAMPLES)
@file_argument("segment")
@click.option("-o", "--output", type=click.Path(), help="Profile to write [SEGMENT's name .pcp].")
@click.option(
    "--budget",
    default="5%",
    show_default=True,
    help="Share of the patches, or a number of them, for each interval.",
)
@click.option("--grid", help="Patches of a frame, ROWSxCOLUMNS [3x5 on 854x480].")
@click.option("--patch", callback=_patch, help="Size of a patch in LR pixels, WIDTHxHEIGHT.")
@click.option(
    "--interval",
    default="gop",
    show_default=True,
    callback=_interval,
    help="Scheduling interval: gop, or a number of coded frames.",
)
@click.option(
    "--selector",
    type=click.Choice(["adjoint", "sequential"]),
    default="adjoint",
    show_default=True,
    help="Both are exact; sequential is the slow reference.",
)
@click.option(
    "--reuse",
    type=click.Choice(["detail", "paper"]),
    default="detail",
    show_default=True,
    help="Reuse mode the profile asks for.",
)
@click.option(
    "--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Decoding threads."
)
@json_option
@progress_option
def command(
    segment: str,
    output: str | None,
    budget: str,
    grid: str | None,
    patch: tuple[int, int] | None,
    interval: Literal["gop"] | int,
    selector: str,
    reuse: str,
    threads: int,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Choose the anchor patches of SEGMENT, a VP9 file, and write its cache profile."""
    from palantir.graph.construct import graph_from_video
    from palantir.grid import PatchGrid
    from palantir.media.source import VideoSource
    from palantir.profile import CacheProfile
    from palantir.schedule import Budget, select

    if grid and patch:
        raise click.UsageError("--grid and --patch exclude each other")
    allowed = Budget.parse(budget)
    target = Path(output) if output else Path(segment).with_suffix(".pcp")
    source = VideoSource(segment)
    wanted: PatchGrid | str | None = grid
    if patch:
        wanted = PatchGrid.from_patch_size(source.width, source.height, *patch)
    begin = time.perf_counter()
    with progress_bar("construct", source.frame_count, progress) as report:
        graph = graph_from_video(source, wanted, threads=threads, progress=report)
    constructed = time.perf_counter()
    selection = select(graph, allowed, selector, interval)
    selected = time.perf_counter()
    CacheProfile.from_selection(graph, selection, reuse=reuse).save(target)
    facts: dict[str, Any] = {
        "segment": segment,
        "profile": str(target),
        "profile_bytes": target.stat().st_size,
        "coded_frames": len(graph.frames),
        "shown_frames": int(graph.shown.sum()),
        "grid": str(graph.grid),
        "anchors": len(selection.order),
        "patches": graph.nodes,
        "objective_before": float(selection.total[0]),
        "objective_after": float(selection.total[-1]),
        "construction_seconds": constructed - begin,
        "selection_seconds": selected - constructed,
    }
    click.echo(json.dumps(facts) if as_json else _sentence(facts))


def _sentence(facts: dict[str, Any]) -> str:
    return (
        "{profile}: {anchors} anchors among {patches} patches ({grid} on {coded_frames} coded "
        "frames), estimated error {objective_before:.4g} -> {objective_after:.4g}, "
        "{profile_bytes} bytes; construction {construction_seconds:.2f} s, "
        "selection {selection_ms:.2f} ms"
    ).format(selection_ms=1e3 * facts["selection_seconds"], **facts)
