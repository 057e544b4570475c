"""`palantir quality`: PSNR and SSIM of one video against another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from palantir.cli.options import file_argument, json_option, progress_option
from palantir.cli.printing import print_json, print_table
from palantir.cli.progress import progress_bar

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
        print_json(quality.to_dict())
        return
    named: list[tuple[str, FrameQuality | Quality]] = []
    if per_frame:
        named += [(str(index), frame) for index, frame in enumerate(quality.frames)]
    named.append((f"mean of {len(quality.frames)}", quality))
    rows = [
        (name, f"{q.psnr_y:.2f}", f"{q.psnr_yuv:.2f}", "-" if q.ssim is None else f"{q.ssim:.4f}")
        for name, q in named
    ]
    print_table(("frame", "PSNR-Y dB", "PSNR-YUV 6:1:1 dB", "SSIM"), rows)
