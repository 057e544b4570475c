"""`palantir quality`: PSNR and SSIM of one video against another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from palantir.cli.options import file_argument, json_option, progress_bar, progress_option

if TYPE_CHECKING:
    from palantir.quality import FrameQuality, Quality

_EXAMPLES = """\b
Examples:
  palantir quality hr.mp4 sr.mp4
  palantir quality hr.mp4 sr.mp4 --no-ssim --json
"""


@click.command("quality", epilog=_EXAMPLES)
@file_argument("reference")
@file_argument("video")
@click.option("--ssim/--no-ssim", "with_ssim", default=True, help="SSIM takes most of the time.")
@click.option(
    "--crop",
    is_flag=True,
    help="Cut a larger reference to the video's size (HR no multiple of the scale).",
)
@click.option("--frames", "per_frame", is_flag=True, help="Print every frame's figures too.")
@json_option
@progress_option
def command(
    reference: str,
    video: str,
    with_ssim: bool,
    crop: bool,
    per_frame: bool,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Measure VIDEO against REFERENCE, frame by frame; both must have the same frames."""
    from palantir.media import probe
    from palantir.quality import measure

    with progress_bar("measure", probe(video).frame_count, progress) as report:
        quality = measure(reference, video, with_ssim=with_ssim, crop=crop, progress=report)
    if as_json:
        click.echo(json.dumps(quality.to_dict()))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("frames", "PSNR-Y", "PSNR-YUV (6:1:1)", "SSIM")
    rows: list[tuple[str, FrameQuality | Quality]] = []
    if per_frame:
        rows += [(str(index), frame) for index, frame in enumerate(quality.frames)]
    rows.append((f"mean of {len(quality.frames)}", quality))
    for name, figures in rows:
        ssim = "-" if figures.ssim is None else f"{figures.ssim:.4f}"
        table.add_row(name, f"{figures.psnr_y:.2f} dB", f"{figures.psnr_yuv:.2f} dB", ssim)
    Console().print(table)
