"""`palantir encode`: HR clip to LR stream."""

from __future__ import annotations

from pathlib import Path

import click

from palantir.cli.options import (
    check_output,
    file_argument,
    json_option,
    output_option,
    progress_option,
)
from palantir.cli.printing import print_json
from palantir.cli.progress import progress_bar

_EXAMPLES = """\b
Examples:
  palantir encode clip_2160p.mp4 -o lr.webm              a quarter of the size each way
  palantir encode clip.mp4 -o lr.webm --scale 2 --bitrate 3000
  palantir encode clip.mp4 -o lr.webm --start 60 --frames 120
"""
_MOST = 10**6  # of what a number can count: kbit/s or frames


@click.command("encode", epilog=_EXAMPLES)
@file_argument("clip")
@output_option("-o", "--output", required=True, help="LR stream to write: .webm, .mkv or .mp4.")
@click.option(
    "--scale", type=click.IntRange(1, 4), default=4, show_default=True, help="HR width / LR width."
)
@click.option(
    "--bitrate",
    type=click.IntRange(1, _MOST),
    help="In kbit/s [1800 at 854x480, in proportion to the area].",
)
@click.option(
    "--gop",
    type=click.IntRange(1, _MOST),
    default=60,
    show_default=True,
    help="Largest distance of key frames, in frames.",
)
@click.option("--start", type=click.IntRange(0, _MOST), default=0, help="First frame to take [0].")
@click.option("--frames", type=click.IntRange(1, _MOST), help="How many frames to take [all].")
@json_option
@progress_option
def command(
    clip: str,
    output: str,
    scale: int,
    bitrate: int | None,
    gop: int,
    start: int,
    frames: int | None,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Encode an LR VP9 stream from CLIP as a live streamer would: real time, alt-refs."""
    from palantir.media import encode_lr, probe

    check_output(output, clip)
    total = frames or probe(clip).frame_count
    with progress_bar("encode", total, progress) as report:
        count = encode_lr(
            clip, output, scale, bitrate, gop, start, frames, lambda done, _: report(done)
        )
    written = probe(output)
    facts = {
        "output": output,
        "frames": count,
        "width": written.width,
        "height": written.height,
        "bytes": Path(output).stat().st_size,
    }
    if as_json:
        print_json(facts)
    else:
        click.echo("{output}: {frames} frames of {width}x{height}, {bytes} bytes".format(**facts))
