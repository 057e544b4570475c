"""`palantir schedule`: segment to cache profile."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from palantir.cli.options import (
    check_output,
    default_profile,
    file_argument,
    grid_option,
    json_option,
    output_option,
    parsed_by,
    progress_option,
    threads_option,
)
from palantir.cli.printing import print_json
from palantir.cli.progress import progress_bar

if TYPE_CHECKING:
    from palantir.grid import PatchGrid
    from palantir.schedule import Budget

_EXAMPLES = """\b
Examples:
  palantir schedule segment.webm                       segment.pcp, 5 % of the patches
  palantir schedule segment.webm -o a.pcp --budget 20  20 patches in each GoP
  palantir schedule segment.webm --patch 64x64 --interval 12 --json
"""


def _interval(_: click.Context, __: click.Parameter, text: str) -> Literal["gop"] | int:
    if text == "gop":
        return "gop"
    if re.fullmatch("0*[1-9][0-9]{0,8}", text):
        return int(text)
    raise click.BadParameter(f"{text!r} is neither gop nor a number of frames")


def _patch(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch("([0-9]{1,9})[xX]([0-9]{1,9})", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not of the form WIDTHxHEIGHT, such as 64x64")
    return int(match[1]), int(match[2])


def _budget(text: str) -> Budget:
    from palantir.schedule import Budget

    return Budget.parse(text)


@click.command("schedule", epilog=_EXAMPLES)
@file_argument("segment")
@output_option("-o", "--output", help="Profile to write [SEGMENT's name .pcp].")
@click.option(
    "--budget",
    default="5%",
    metavar="SHARE|N",
    show_default=True,
    callback=parsed_by(_budget),
    help="Share of the patches (5%), or a number of them (20), for each interval.",
)
@grid_option("Patches of a frame, rows x columns [3x5 on 854x480].")
@click.option("--patch", metavar="WxH", callback=_patch, help="Instead: a patch in LR pixels.")
@click.option(
    "--interval",
    default="gop",
    metavar="gop|N",
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
@threads_option
@json_option
@progress_option
def command(
    segment: str,
    output: str | None,
    budget: Budget,
    grid: PatchGrid | None,
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
    from palantir.schedule import select

    if grid and patch:
        raise click.UsageError("--grid and --patch exclude each other")
    source = VideoSource(segment)
    target = Path(output) if output else default_profile(segment)
    check_output(target, segment)
    if patch:
        grid = PatchGrid.from_patch_size(source.width, source.height, *patch)
    begin = time.perf_counter()
    with progress_bar("construct", source.frame_count, progress) as report:
        graph = graph_from_video(source, grid, threads=threads, progress=report)
    constructed = time.perf_counter()
    selection = select(graph, budget, selector, interval)
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
    if as_json:
        print_json(facts)
    else:
        click.echo(_sentence(facts))


def _sentence(facts: dict[str, Any]) -> str:
    return (
        "{profile}: {anchors} anchors among {patches} patches ({grid} on {coded_frames} coded "
        "frames), estimated error {objective_before:.4g} -> {objective_after:.4g}, "
        "{profile_bytes} bytes; construction {construction_seconds:.2f} s, "
        "selection {selection_ms:.2f} ms"
    ).format(selection_ms=1e3 * facts["selection_seconds"], **facts)
