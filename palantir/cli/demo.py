"""`palantir demo`: the whole chain on a real clip."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from palantir.cli.options import Progress, file_argument, json_option, progress_bar, progress_option

if TYPE_CHECKING:
    from palantir.evaluate import Demo

_EXAMPLES = """\b
Examples:
  palantir demo videos/big-buck-bunny_720p25.mp4
  palantir demo clip_1080p.mp4 --start 0 --frames 120 --model net.onnx
"""


@click.command("demo", epilog=_EXAMPLES)
@file_argument("clip")
@click.option(
    "-o",
    "--output",
    default="build/demo",
    show_default=True,
    type=click.Path(),
    help="Folder for the LR stream, profile, SR video and picture.",
)
@click.option(
    "--start",
    type=click.IntRange(0),
    default=66,
    show_default=True,
    help="First frame; the shipped network was trained on the bunny clip's first 66.",
)
@click.option(
    "--frames", type=click.IntRange(20), default=66, show_default=True, help="How many frames."
)
@click.option("--model", type=click.Path(), help="SR network, x4 [the shipped one].")
@json_option
@progress_option
def command(
    clip: str,
    output: str,
    start: int,
    frames: int,
    model: str | None,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Make an LR stream from CLIP, schedule 5 %, enhance it, and compare ways of upscaling."""
    from palantir.evaluate import run_demo

    with ExitStack() as bars:

        def steps(title: str, total: int | None) -> Progress:
            bars.close()
            return bars.enter_context(progress_bar(title, total, progress))

        demo = run_demo(Path(clip), Path(output), steps, start=start, frames=frames, model=model)
    if as_json:
        click.echo(json.dumps(_facts(demo)))
    else:
        _print_table(demo)


def _facts(demo: Demo) -> dict[str, object]:
    bilinear, bicubic, network = demo.rows[0], demo.rows[1], demo.rows[-1]
    whole = network.gain_over(bilinear)
    return {
        "rows": [
            {
                "name": row.name,
                "psnr_y": row.psnr_y,
                "gain": row.gain_over(bilinear),
                "gain_over_bicubic": row.gain_over(bicubic),
                "gain_preserved": row.gain_over(bilinear) / whole if whole > 0 else None,
                "drift": row.drift(bicubic),
                "network_cost": row.cost,
                "frames_per_second": row.frames_per_second,
            }
            for row in demo.rows
        ],
        "lr": str(demo.lr),
        "profile": str(demo.profile),
        "video": str(demo.video),
        "picture": str(demo.picture),
    }


def _print_table(demo: Demo) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    facts = _facts(demo)
    table = Table(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title=f"{len(demo.rows[0].psnr)} frames, x4; PSNR of luma, gains and drift in dB",
    )
    table.add_column("upscaling", no_wrap=True)
    for heading in ("PSNR-Y", "gain", "over\nbicubic", "pre-\nserved", "drift", "cost", "frames/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = facts["rows"]
    assert isinstance(rows, list)
    for row in rows:
        preserved = row["gain_preserved"]
        table.add_row(
            row["name"],
            f"{row['psnr_y']:.2f}",
            f"{row['gain']:+.2f}",
            f"{row['gain_over_bicubic']:+.2f}",
            "-" if preserved is None else f"{preserved:.0%}",
            f"{row['drift']:+.2f}",
            f"{row['network_cost']:.1%}",
            f"{row['frames_per_second']:.0f}",
        )
    console = Console()
    console.print(table)
    click.echo(
        "gain: over bilinear; preserved: share of per-frame SR's gain; cost: of per-frame SR's\n"
        "network; drift: gain over bicubic in a GoP's last ten frames less that in its first ten\n"
        f"LR stream  {demo.lr}\nprofile    {demo.profile}\nSR video   {demo.video}\n"
        f"picture    {demo.picture}  (HR, bilinear, SR with its anchors outlined)"
    )
