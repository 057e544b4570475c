"""`palantir demo`: the whole chain on a real clip."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import file_argument, file_option, json_option, progress_option
from palantir.cli.printing import print_json, print_table
from palantir.cli.progress import Report, progress_bar

if TYPE_CHECKING:
    from palantir.evaluate import Demo

_EXAMPLES = """\b
Examples:
  palantir demo videos/big-buck-bunny_720p25.mp4
  palantir demo clip_1080p.mp4 --start 0 --frames 120 --model net.onnx
"""
_MOST = 10**6  # frames


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
    type=click.IntRange(0, _MOST),
    default=66,
    show_default=True,
    help="First frame; the shipped network was trained on the bunny clip's first 66.",
)
@click.option(
    "--frames",
    type=click.IntRange(20, _MOST),
    default=66,
    show_default=True,
    help="How many frames.",
)
@file_option("--model", "SR network, x4 [the shipped one].")
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
    """Make an LR stream from CLIP, schedule 5 % of the cost, enhance, compare ways of upscaling."""
    from palantir.evaluate import run_demo
    from palantir.media import probe

    if Path(clip).resolve().parent == Path(output).resolve():
        raise click.UsageError(f"{clip} lies in the output folder, whose files are replaced")
    probe(clip)  # no pipe, which could be read but once
    with ExitStack() as bars:

        def steps(title: str, total: int | None) -> Report:
            bars.close()
            return bars.enter_context(progress_bar(title, total, progress))

        demo = run_demo(Path(clip), Path(output), steps, start=start, frames=frames, model=model)
    if as_json:
        print_json(_facts(demo))
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
    facts = _facts(demo)
    rows = facts["rows"]
    assert isinstance(rows, list)
    print_table(
        ("upscaling", "PSNR-Y", "gain", "over\nbicubic", "pre-\nserved", "drift", "cost", "fps"),
        [_cells(row) for row in rows],
        title=f"{len(demo.rows[0].psnr)} frames, x4; PSNR of luma, gains and drift in dB",
    )
    click.echo(
        "gain: over bilinear; preserved: share of per-frame SR's gain; cost: of per-frame SR's\n"
        "network; drift: gain over bicubic in a GoP's last ten frames less that in its first ten\n"
        f"LR stream  {demo.lr}\nprofile    {demo.profile}\nSR video   {demo.video}\n"
        f"picture    {demo.picture}  (HR, bilinear, SR with its anchors outlined)"
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    preserved = row["gain_preserved"]
    return (
        row["name"],
        f"{row['psnr_y']:.2f}",
        f"{row['gain']:+.2f}",
        f"{row['gain_over_bicubic']:+.2f}",
        "-" if preserved is None else f"{preserved:.0%}",
        f"{row['drift']:+.2f}",
        f"{row['network_cost']:.1%}",
        f"{row['frames_per_second']:.0f}",
    )
